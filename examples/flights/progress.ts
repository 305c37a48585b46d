import { asCompleted, type Future } from 'heddle'

const WIDTH = 24

/** Shows how far several groups of tasks have come: bars on a terminal, a line for each finished group elsewhere. */
export class Progress {
  readonly #groups: { name: string; futures: readonly Future<unknown>[]; done: number }[]
  readonly #isTerminal = process.stdout.isTTY === true
  #drawn = 0

  constructor(groups: Record<string, readonly Future<unknown>[]>) {
    this.#groups = Object.entries(groups).map(([name, futures]) => ({ name, futures, done: 0 }))
  }

  /** Resolves when all tasks have ended. */
  async follow(): Promise<void> {
    console.log('')
    const groupOf = new Map(
      this.#groups.flatMap((group) => group.futures.map((future) => [future.key, group] as const)),
    )
    for await (const future of asCompleted(this.#groups.flatMap(({ futures }) => futures))) {
      const group = groupOf.get(future.key)
      if (!group) continue
      group.done++
      if (this.#isTerminal) this.#draw()
      else if (group.done === group.futures.length) console.log(lineOf(group))
    }
  }

  #draw(): void {
    if (this.#drawn > 0) process.stdout.write(`\x1b[${this.#drawn}A`)
    for (const group of this.#groups) process.stdout.write(`\x1b[2K${lineOf(group)}\n`)
    this.#drawn = this.#groups.length
  }
}

function lineOf({ name, futures, done }: { name: string; futures: readonly unknown[]; done: number }): string {
  const full = Math.round((done / futures.length) * WIDTH)
  const bar = '█'.repeat(full) + '░'.repeat(WIDTH - full)
  return `${name.padEnd(12)} ${bar} ${String(done).padStart(3)}/${futures.length}`
}
