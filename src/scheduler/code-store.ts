import type { Artefact } from '../code/artefact.js'
import { whyNotArtefact } from '../code/load.js'

/** The code that tasks name, by hash: it comes with the graphs of clients, and workers fetch it from here. */
export class CodeStore {
  readonly #artefacts = new Map<string, Artefact>()

  get(hash: string): Artefact | undefined {
    return this.#artefacts.get(hash)
  }

  /**
   * Keeps what a graph brings, until the core says that no task needs it. Gives the reason if some of it is not what
   * its hash says.
   */
  keep(artefacts: readonly Artefact[]): string | undefined {
    for (const artefact of artefacts) {
      if (this.#artefacts.has(artefact.hash)) continue
      const reason = whyNotArtefact(artefact)
      if (reason !== undefined) return `the code of '${artefact.name}' is damaged: ${reason}`
      this.#artefacts.set(artefact.hash, artefact)
    }
    return undefined
  }

  drop(hash: string): void {
    this.#artefacts.delete(hash)
  }
}
