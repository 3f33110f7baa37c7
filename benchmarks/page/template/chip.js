/*
 * Chip steps of a network, as docs/ir.md defines them and sim/reference.py plays them. All numbers
 * are integers below 2**53, which a double holds exactly; tests/docs compare every u, v and spike.
 */
const STATE_MAX = 2 ** 23 - 1;
const STATE_SPAN = 2 ** 24;
const HISTORY = 63; // steps a spike can be on its way

/** The fraction k / 4096 off x, rounding toward zero. */
const decay = (x, k) => Math.trunc((x * (4096 - k)) / 4096);

/** Into (-2**23, 2**23], once, as Lava does. */
function wrap(u) {
  const once = u > STATE_MAX + 1 ? u - STATE_SPAN : u;
  return once <= -STATE_MAX - 1 ? once + STATE_SPAN : once;
}

const clip = (v) => Math.min(Math.max(v, -STATE_MAX), STATE_MAX);

/** An array, of which one number may have been given for all. */
const all = (values, size) => (Array.isArray(values) ? values : Array(size).fill(values));

/** The synapses of a projection that share a delay: their weights are summed, then shifted. */
function links(projection, starts) {
  const columns = projection.sources.flatMap((name) => starts.get(name).columns);
  const delays = all(projection.delay, columns.length);
  const weights = all(projection.weights, projection.targets.length);
  const found = new Map();
  let k = 0;
  projection.counts.forEach((count, j) => {
    const delay = delays[j];
    if (!found.has(delay)) found.set(delay, { exponent: projection.exponent, delay, from: new Map() });
    const { from } = found.get(delay);
    if (!from.has(columns[j])) from.set(columns[j], { targets: [], weights: [] });
    from.get(columns[j]).targets.push(...projection.targets.slice(k, k + count));
    from.get(columns[j]).weights.push(...weights.slice(k, k + count));
    k += count;
  });
  return [...found.values()];
}

class Chip {
  constructor(network) {
    this.time = 0;
    this.history = []; // of the latest steps: [neuron, payload] of all that fired
    this.starts = new Map();
    let size = 0;
    for (const p of [network.input, ...network.populations]) {
      const columns = Array.from({ length: p.size }, (_, i) => size + i);
      this.starts.set(p.name, { start: size, columns });
      size += p.size;
    }
    this.size = size;
    this.populations = network.populations.map((p) => ({
      name: p.name,
      size: p.size,
      start: this.starts.get(p.name).start,
      du: all(p.du, p.size),
      dv: all(p.dv, p.size),
      bias: all(p.bias, p.size),
      vth: all(p.vth, p.size),
      u: new Float64Array(p.size),
      v: new Float64Array(p.size),
      links: network.projections
        .filter((q) => q.target === p.name)
        .flatMap((q) => links(q, this.starts)),
    }));
    this.fanOut = new Int32Array(size);
    for (const link of this.populations.flatMap((p) => p.links)) {
      for (const [neuron, { targets }] of link.from) this.fanOut[neuron] += targets.length;
    }
    this.synapses = this.fanOut.reduce((total, n) => total + n, 0);
  }

  /** The weighted sum of the spikes that reach a population in this step. */
  arriving(population) {
    const total = new Float64Array(population.size);
    for (const link of population.links) {
      const sent = this.history.at(-1 - link.delay) ?? [];
      const sum = new Float64Array(population.size);
      for (const [neuron, payload] of sent) {
        const row = link.from.get(neuron);
        row?.targets.forEach((target, k) => (sum[target] += payload * row.weights[k]));
      }
      const scale = 2 ** link.exponent;
      sum.forEach((a, i) => (total[i] += Math.floor(a * scale)));
    }
    return total;
  }

  /** One step with payloads of the input lines; returns the [neuron, payload] that fired. */
  step(payloads) {
    const fired = [];
    payloads.forEach((payload, line) => payload && fired.push([line, payload]));
    for (const p of this.populations) {
      const arriving = this.arriving(p);
      for (let i = 0; i < p.size; i++) {
        p.u[i] = wrap(decay(p.u[i], p.du[i] + 1) + arriving[i] * 64);
        p.v[i] = clip(decay(p.v[i], p.dv[i]) + p.u[i] + p.bias[i]);
        if (p.v[i] > p.vth[i] * 64) {
          p.v[i] = 0;
          fired.push([p.start + i, 1]);
        }
      }
    }
    this.history.push(fired);
    if (this.history.length > HISTORY) this.history.shift();
    this.time += 1;
    return fired;
  }

  /** Weights that these spikes are multiplied with. */
  operations(fired) {
    return fired.reduce((total, [neuron]) => total + this.fanOut[neuron], 0);
  }
}
