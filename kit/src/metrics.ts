/** Metrics in the Prometheus text format, one registry per service, with the two figures every process is asked for. */

import { Counter, Gauge, Histogram, Registry } from 'prom-client';

export interface Metrics {
  /** Asking twice for the same name gives the same metric. */
  counter<L extends string = never>(name: string, help: string, labels?: readonly L[]): Counter<L>;
  gauge<L extends string = never>(name: string, help: string, labels?: readonly L[]): Gauge<L>;
  /** `buckets` are upper bounds in the metric's own unit. */
  histogram<L extends string = never>(
    name: string,
    help: string,
    labels?: readonly L[],
    buckets?: readonly number[],
  ): Histogram<L>;
  readonly contentType: string;
  text(): Promise<string>;
}

export type { Counter, Gauge, Histogram };

export function createMetrics(service: string): Metrics {
  const registry = new Registry();
  registry.setDefaultLabels({ service });
  const registers = [registry];
  addProcessFigures(registers);

  const once = <M>(name: string, make: () => M): M => (registry.getSingleMetric(name) as M | undefined) ?? make();
  return {
    counter: (name, help, labels = []) =>
      once(name, () => new Counter({ name, help, labelNames: [...labels], registers })),
    gauge: (name, help, labels = []) => once(name, () => new Gauge({ name, help, labelNames: [...labels], registers })),
    histogram: (name, help, labels = [], buckets) =>
      once(
        name,
        () =>
          new Histogram({ name, help, labelNames: [...labels], registers, ...(buckets && { buckets: [...buckets] }) }),
      ),
    contentType: registry.contentType,
    text: () => registry.metrics(),
  };
}

function addProcessFigures(registers: Registry[]): void {
  new Gauge({
    name: 'process_resident_memory_bytes',
    help: 'Resident memory of the process.',
    registers,
    collect() {
      this.set(process.memoryUsage.rss());
    },
  });
  new Gauge({
    name: 'process_cpu_seconds',
    help: 'User and system time of the process so far.',
    registers,
    collect() {
      const { user, system } = process.cpuUsage();
      this.set((user + system) / 1e6);
    },
  });
}
