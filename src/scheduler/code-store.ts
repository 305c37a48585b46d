import type { Artefact } from '../code/artefact.js'
import { needsOf } from '../code/environment.js'
import { whyNotArtefact } from '../code/load.js'
import type { Address } from '../protocol/names.js'

/** Bytes kept here; beyond that, what workers have can be had from them. */
const KEPT_BYTES = 256 * 2 ** 20

interface Kept {
  /** Undefined: let go to save memory; workers have it. */
  artefact: Artefact | undefined
  readonly needs: string[]
  readonly size: number
  /** Workers that were given it. */
  readonly holders: Set<Address>
  /** Environments that name it. */
  users: number
  /** No task names it any more. */
  dropped: boolean
}

/** The code that tasks name, by hash: it comes with the graphs of clients, and workers fetch it from here. */
export class CodeStore {
  /** The least lately used first. */
  readonly #kept = new Map<string, Kept>()
  readonly #isHere: (worker: Address) => boolean
  readonly #maxBytes: number
  #bytes = 0

  /** `isHere`: whether a worker is still connected. */
  constructor(isHere: (worker: Address) => boolean, maxBytes = KEPT_BYTES) {
    this.#isHere = isHere
    this.#maxBytes = maxBytes
  }

  /** Bytes of what is here. */
  get nbytes(): number {
    return this.#bytes
  }

  /** For a worker, or anybody else. Without `artefact` it may be asked of those workers. */
  get(hash: string, who?: Address): { artefact: Artefact | null; workers?: Address[] } {
    const kept = this.#kept.get(hash)
    if (kept === undefined) return { artefact: null }
    this.#kept.delete(hash)
    this.#kept.set(hash, kept)
    const workers = this.#holdersOf(kept).filter((holder) => holder !== who)
    // One that asks and cannot be given it has it not.
    if (who !== undefined && (kept.artefact !== undefined || workers.length > 0)) kept.holders.add(who)
    else if (who !== undefined) kept.holders.delete(who)
    return kept.artefact === undefined ? { artefact: null, workers } : { artefact: kept.artefact }
  }

  /**
   * Keeps what a graph brings, until the core says that no task needs it. Gives the reason if some of it is not what
   * its hash says.
   */
  keep(artefacts: readonly Artefact[]): string | undefined {
    // An environment may come before what it names.
    const coming = new Set(artefacts.map(({ hash }) => hash))
    for (const artefact of artefacts) {
      const reason = whyNotArtefact(artefact) ?? this.#whyNotUsable(artefact, coming)
      if (reason !== undefined) return `the code of '${artefact.name}' is damaged: ${reason}`
    }
    for (const artefact of artefacts) this.#add(artefact)
    for (const artefact of artefacts) for (const hash of needsOf(artefact)) this.#use(hash, artefact.hash)
    this.#evict()
    return undefined
  }

  drop(hash: string): void {
    const kept = this.#kept.get(hash)
    if (kept === undefined) return
    kept.dropped = true
    if (kept.users > 0) return
    this.#kept.delete(hash)
    if (kept.artefact !== undefined) this.#bytes -= kept.size
    for (const need of kept.needs) this.#disuse(need)
  }

  #add(artefact: Artefact): void {
    const size = sizeOf(artefact)
    const known = this.#kept.get(artefact.hash)
    const kept = known ?? { artefact: undefined, needs: [], size, holders: new Set(), users: 0, dropped: false }
    if (kept.artefact === undefined) this.#bytes += size
    kept.artefact = artefact
    kept.dropped = false
    this.#kept.set(artefact.hash, kept)
  }

  #use(hash: string, environment: string): void {
    const kept = this.#kept.get(environment)
    if (kept === undefined || kept.needs.includes(hash)) return
    kept.needs.push(hash)
    const needed = this.#kept.get(hash)
    if (needed !== undefined) needed.users++
  }

  #disuse(hash: string): void {
    const kept = this.#kept.get(hash)
    if (kept === undefined) return
    kept.users--
    if (kept.dropped) this.drop(hash)
  }

  #whyNotUsable(artefact: Artefact, coming: ReadonlySet<string>): string | undefined {
    try {
      const missing = needsOf(artefact).find((hash) => !coming.has(hash) && !this.#kept.has(hash))
      return missing === undefined ? undefined : `it names ${missing}, which was not sent`
    } catch (error) {
      return (error as Error).message
    }
  }

  #holdersOf({ holders }: Kept): Address[] {
    for (const holder of holders) if (!this.#isHere(holder)) holders.delete(holder)
    return [...holders]
  }

  /** Nothing that no worker has; first what several have. */
  #evict(): void {
    this.#evictIfOn(2)
    this.#evictIfOn(1)
  }

  #evictIfOn(workers: number): void {
    for (const kept of this.#kept.values()) {
      if (this.#bytes <= this.#maxBytes) return
      if (kept.artefact === undefined || this.#holdersOf(kept).length < workers) continue
      kept.artefact = undefined
      this.#bytes -= kept.size
    }
  }
}

function sizeOf({ body, map = '' }: Artefact): number {
  return body.length + map.length
}
