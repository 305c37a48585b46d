import type { ToClient } from '../protocol/messages.js'
import type { Address } from '../protocol/names.js'
import { SharedValue, TinyValues } from '../values/tiny-values.js'
import type { Outcome } from './key-state.js'

type Finished = Outcome & { readonly status: 'finished' }

/** Of so many holders something is remembered. */
const HOLDERS_MAX = 1000

/** Of one worker: the list with it alone, and how the last task ended that was done there and had a tiny result. */
interface Place {
  readonly holders: readonly [Address]
  last: Finished | undefined
}

/** Outcomes of tasks that are done. Many end alike, on one of a few workers: those share one. */
export class Outcomes {
  readonly #values = new TinyValues()
  readonly #places = new Map<Address, Place>()

  finished({ nbytes, typename, who_has, inline: own }: ToClient['key-in-memory']): Finished {
    const inline = own && (this.#values.shared(own) ?? own)
    const [holder] = who_has
    if (holder === undefined || who_has.length > 1)
      return { status: 'finished', nbytes, typename, holders: who_has, inline }
    const place = this.#placeOf(holder)
    // A value that has to be fetched has an outcome of its own: whoever fetches it has to see when there is another.
    if (!(inline instanceof SharedValue))
      return { status: 'finished', nbytes, typename, holders: place.holders, inline }
    const { last } = place
    if (last?.inline === inline && last.nbytes === nbytes && last.typename === typename) return last
    place.last = { status: 'finished', nbytes, typename, holders: place.holders, inline }
    return place.last
  }

  #placeOf(holder: Address): Place {
    const known = this.#places.get(holder)
    if (known !== undefined) return known
    if (this.#places.size === HOLDERS_MAX) this.#places.clear()
    const place: Place = { holders: [holder], last: undefined }
    this.#places.set(holder, place)
    return place
  }
}
