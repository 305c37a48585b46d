const LINES = 20
const LONGEST = 2000

/** The last 20 lines of a stream of text; long ones are cut. */
export class LastLines {
  #lines: string[] = []
  #open = ''

  push(chunk: string): void {
    const parts = (this.#open + chunk).split('\n')
    this.#open = (parts.pop() ?? '').slice(-LONGEST)
    this.#lines = [...this.#lines, ...parts.map((part) => part.slice(0, LONGEST))].slice(-LINES)
  }

  get lines(): string[] {
    return this.#open === '' ? [...this.#lines] : [...this.#lines, this.#open].slice(-LINES)
  }
}
