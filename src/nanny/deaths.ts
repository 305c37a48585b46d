import { Deferred } from '../util/deferred.js'
import { type DeathCertificate, howItDied } from './death-certificate.js'

/** How a process ended: in a sentence, and whether it was ended for its memory. */
export interface Cause {
  readonly text: string
  readonly outgrewMemory: boolean
}

/** Its connection may break a moment before the system says how the process ended. */
const WAIT_MS = 300
/** Deaths that nobody has asked about yet. */
const KEPT_MAX = 64

/** How workers died, for a scheduler that has lost the connection and wants to say why. */
export class Deaths {
  readonly #known = new Map<string, Cause>()
  readonly #asked = new Map<string, Deferred<Cause | undefined>>()

  add(certificate: DeathCertificate): void {
    const { address } = certificate
    if (address === undefined) return
    const cause = { text: howItDied(certificate), outgrewMemory: certificate.overLimit }
    const asked = this.#asked.get(address)
    if (asked) return asked.resolve(cause)
    this.#known.set(address, cause)
    for (const oldest of this.#known.keys()) if (this.#known.size > KEPT_MAX) this.#known.delete(oldest)
  }

  has(address: string): boolean {
    return this.#known.has(address)
  }

  /** As soon as it is known; undefined if it is not for a while: it may be alive. */
  async causeOf(address: string): Promise<Cause | undefined> {
    const known = this.#known.get(address)
    this.#known.delete(address)
    if (known !== undefined) return known
    const asked = new Deferred<Cause | undefined>()
    this.#asked.set(address, asked)
    const timer = setTimeout(() => asked.resolve(undefined), WAIT_MS)
    try {
      return await asked.promise
    } finally {
      clearTimeout(timer)
      this.#asked.delete(address)
    }
  }
}
