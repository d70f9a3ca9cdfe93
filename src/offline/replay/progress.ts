import { number } from './table.ts'

/** Interval between lines, ms. */
const PRINT_EVERY = 5_000

/** Prints the progress of a replay at intervals. */
export class Progress {
  readonly #print: (line: string) => void
  #printedAt = performance.now()
  #read = 0
  #total = 0
  #began = performance.now()
  #done = 0

  constructor(print: (line: string) => void) {
    this.#print = print
  }

  read(records: number): void {
    this.#read += records
    this.#maybe(() => `replay: ${number(this.#read)} records and verdicts read`)
  }

  /** Call when everything has been read, with the number of records to judge. */
  judges(total: number): void {
    this.#total = total
    this.#began = performance.now()
    this.#print(`replay: ${number(total)} records to judge`)
  }

  judged(records: number, eventTime: number): void {
    this.#done = records
    this.#maybe(() => {
      const share = Math.floor((100 * records) / Math.max(1, this.#total))
      return `replay: ${share}%, ${number(records)} of ${number(this.#total)} records judged, at ${new Date(eventTime).toISOString()}, ${number(this.#perSecond())} a second`
    })
  }

  end(): void {
    if (this.#done > 0)
      this.#print(`replay: ${number(this.#done)} records judged, ${number(this.#perSecond())} a second`)
  }

  #perSecond(): number {
    return Math.round((this.#done * 1000) / Math.max(1, performance.now() - this.#began))
  }

  #maybe(line: () => string): void {
    const now = performance.now()
    if (now - this.#printedAt < PRINT_EVERY) return
    this.#printedAt = now
    this.#print(line())
  }
}
