/**
 * What a client asks for and takes long is done in turns, and others come between: it is as if it had asked for one part
 * after the other.
 */
import type { State } from './state.js'

/** Yields when its turn is over. */
export type Job = Generator<void, void>

/** What it costs to start a task, and to give it to a worker perhaps, in steps. */
export const START_STEPS = 8

/** That many steps more are to be done: is it enough for this turn? */
export function isTired(s: State, steps = 1): boolean {
  s.budget -= steps
  return s.budget < 0
}

/** Asks to be called again. */
export function comeBack(s: State): void {
  if (s.continuing) return
  s.continuing = true
  s.out.push({ do: 'continue' })
}
