import type { Telemetry } from '../../src/service/telemetry/events.ts'

/** Collects samples of instances as if scraped by Prometheus, in the OpenMetrics format. */
export class OpenMetrics {
  readonly #lines: string[] = []

  /** Adds the metrics of an instance at a time, epoch ms. */
  async scrape(registry: Telemetry['registry'], instance: string, ts: number): Promise<void> {
    const labels = `job="sigwatch",instance="${instance}"`
    this.#lines.push(`up{${labels}} 1 ${ts / 1000}`)
    for (const line of (await registry.metrics()).split('\n')) {
      const [, name, own, value] = /^([a-zA-Z_:][\w:]*)(?:\{(.*)\})? (\S+)$/.exec(line) ?? []
      if (name === undefined) continue
      this.#lines.push(`${name}{${own ? `${own},` : ''}${labels}} ${value} ${ts / 1000}`)
    }
  }

  toString(): string {
    return `${this.#lines.join('\n')}\n# EOF\n`
  }
}
