/** Loops over what may be very many: the event goes on in the next turn, and no other comes between. */
import type { State } from './state.js'

/** More than this are not done at once. */
const FEW = 256

/** Does it for each, as far as a turn goes. */
export function* forEach<T>(s: State, items: Iterable<T>, act: (item: T) => void): Generator<void, void> {
  for (const item of items) {
    if (s.patience-- <= 0) yield
    act(item)
  }
}

/** Does it for each: at once for a few; of many, before anything else that is to be done. */
export function soon<T>(s: State, items: readonly T[], act: (item: T) => void): void {
  if (items.length <= FEW) for (const item of items) act(item)
  else s.chores.push(forEach(s, items, act))
}
