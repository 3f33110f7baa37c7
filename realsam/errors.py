"""Every error that a user can cause.

Each one prints as a single line: what is wrong, where, with which value, and the cure.

    RealSamError
      RegisterRangeError       a register outside the chip's range
      NetworkError             a network that contradicts itself
      CurrentOverflowError     a synaptic current beyond 24 bits, in strict mode
      LimitError               a limit of a chip that does not exist
      BundleError              a missing, damaged or foreign bundle
      ExportError              a network that a format cannot hold, or that fails its own proof
      PromptError              a prompt that cannot be used
      RunError                 input spikes that cannot be fed, or a run that cannot be kept
      DataError                training or evaluation text that cannot be used
      TrainingError            a training that diverged, ran out of memory, or lost a process
      CheckpointError          a checkpoint that is missing, damaged or of another configuration
      BackendUnavailableError  a backend whose libraries are not installed
      BackendFailedError       a backend that stopped with an exception, or whose process died
      MismatchError            two backends that disagree
      MappingError             a network that cannot be laid out on cores
      ReportError              a recorded run, or a cost table, of which no report can be made
"""


class RealSamError(Exception):
    """An error with a message for users and the cure beside it."""

    def __init__(self, message: str, cure: str = "") -> None:
        super().__init__(message)
        self.message = message
        self.cure = cure

    def __str__(self) -> str:
        return f"{self.message}; {self.cure}" if self.cure else self.message

    def __reduce__(self) -> tuple[object, ...]:
        # Errors travel between processes; the subclasses' own arguments do not.
        return _rebuilt, (type(self), self.message, self.cure)


def _rebuilt(kind: type[RealSamError], message: str, cure: str) -> RealSamError:
    error = kind.__new__(kind)
    RealSamError.__init__(error, message, cure)
    return error


class RegisterRangeError(RealSamError):
    """A register holds a value that the chip cannot."""

    def __init__(self, where: str, register: str, value: int, low: int, high: int) -> None:
        super().__init__(
            f"{where}: {register} = {value} is outside {low}..{high}",
            "clamp it in the layer or quantizer that produced it",
        )


class NetworkError(RealSamError):
    """A network whose parts do not fit together."""


class CurrentOverflowError(RealSamError):
    """A synaptic current left the 24-bit range while strict mode forbids the wrap."""

    def __init__(self, where: str, value: int, step: int) -> None:
        super().__init__(
            f"{where}: current u = {value} at timestep {step} is outside -(2**23)+1..2**23-1",
            "lower the weights or the weight exponent of its projections, or run without --strict",
        )


class LimitError(RealSamError):
    """A chip, or a limit of one, that no rule knows."""


class BundleError(RealSamError):
    """A bundle that is missing, damaged, or of another format."""


class ExportError(RealSamError):
    """A network that a format cannot hold, or an export that fails its own proof."""


class PromptError(RealSamError):
    """A prompt that is empty, too long, or not text."""


class RunError(RealSamError):
    """Input spikes that cannot be fed, or a run that neither memory nor a place can keep."""


class DataError(RealSamError):
    """Text that is absent, unreadable, or too small."""


class TrainingError(RealSamError):
    """A training that diverged, does not fit into memory, or lost one of its processes."""


class CheckpointError(RealSamError):
    """A checkpoint that cannot be loaded or belongs to another configuration."""


class BackendUnavailableError(RealSamError):
    """A backend that needs a library or a machine which is not here."""


class BackendFailedError(RealSamError):
    """A backend that stopped before it returned a run."""


class MismatchError(RealSamError):
    """Two backends disagree about a spike or a voltage."""


class MappingError(RealSamError):
    """A network that cannot be laid out on the cores of a chip."""


class ReportError(RealSamError):
    """A recorded run, a cost table or a measured reference of which no report can be made."""
