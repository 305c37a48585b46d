import type { Artefact } from '../code/artefact.js'
import type { Address } from '../protocol/names.js'

/** Workers that are remembered; then all are forgotten. */
const MOST_WORKERS = 1000

/** Which uploaded files have gone to which worker with a `run`: they need not go again while that keeps them. */
export class SentFiles {
  readonly #sent = new Map<Address, Set<string>>()

  /** What has to go along. */
  without(address: Address, code: readonly Artefact[]): Artefact[] {
    const sent = this.#sent.get(address)
    return code.filter(({ kind, hash }) => kind !== 'file' || sent?.has(hash) !== true)
  }

  note(address: Address, code: readonly Artefact[]): void {
    if (this.#sent.size >= MOST_WORKERS) this.#sent.clear()
    const sent = this.#sent.get(address) ?? new Set()
    for (const { kind, hash } of code) if (kind === 'file') sent.add(hash)
    if (sent.size > 0) this.#sent.set(address, sent)
  }
}
