import { HeddleError } from '../errors.js'
import type { Address, Key } from '../protocol/names.js'
import { decode, prepareDecode } from '../values/decode.js'
import type { Encoded } from '../values/encoded.js'
import { linesOf } from './call-site.js'
import { Deadline } from './deadline.js'
import type { KeyState, Outcome } from './key-state.js'
import { errorFrom } from './remote-error.js'
import type { Session } from './session.js'
import type { WaitOptions } from './waiting.js'

type Finished = Extract<Outcome, { status: 'finished' }>

/** Rounds over all holders, with pauses of 0.1 s to 1.6 s between them, before it is given up. */
const ROUNDS = 8
const PAUSE_MS = 100
const PAUSE_MAX_MS = 1600

/** How values are to be had. */
export interface ValueOptions extends WaitOptions {
  /** See `GatherOptions`. */
  readonly direct?: boolean | undefined
}

/**
 * Waits for keys and gives their values, in the same order. The first failure ends it.
 * @throws the task's own error, CancelledError, WaitTimeoutError, SchedulerLostError.
 */
export async function valuesOf(
  session: Session,
  states: readonly KeyState[],
  { direct, ...waiting }: ValueOptions,
): Promise<unknown[]> {
  const deadline = new Deadline(waiting)
  const values = new Array<unknown>(states.length)
  let missing = states.map((_, i) => i)
  while (missing.length > 0) {
    await session.wait(
      missing.map((i) => states[i] as KeyState),
      'all-or-failed',
      deadline.rest,
    )
    const failed = states.find(({ status }) => status === 'error' || status === 'cancelled')
    if (failed) throw errorOf(session, failed)
    const whoHas = direct ? await session.request('who_has', { keys: states.map(({ key }) => key) }) : undefined
    missing = await collect(session, states, values, missing, deadline, whoHas?.who_has)
  }
  return values
}

/** Fills in the values that can be had now; gives the places of those that must be waited for again. */
async function collect(
  session: Session,
  states: readonly KeyState[],
  values: unknown[],
  places: readonly number[],
  deadline: Deadline,
  whoHas: ReadonlyMap<Key, readonly Address[]> | undefined,
): Promise<number[]> {
  const open: number[] = []
  const coming: Promise<void>[] = []
  const take = (i: number, found: { readonly value: unknown } | undefined) => {
    if (found) values[i] = found.value
    else open.push(i)
  }
  for (const i of places) {
    const state = states[i] as KeyState
    const found = currentValue(session, state, whoHas?.get(state.key))
    if (found instanceof Promise) coming.push(found.then((value) => take(i, value)))
    else take(i, found)
  }
  if (coming.length > 0) await deadline.limit(Promise.all(coming), `the value of ${states[places[0] as number]?.key}`)
  return open
}

/** Undefined: there is none (any more), it must be waited for. Small values are there already and come at once. */
function currentValue(
  session: Session,
  state: KeyState,
  direct: readonly Address[] | undefined,
): { readonly value: unknown } | Promise<{ readonly value: unknown } | undefined> | undefined {
  const { outcome } = state
  if (outcome === undefined || outcome.status === 'lost') return undefined
  if (outcome.status !== 'finished') return undefined
  state.observed = true
  if (outcome.inline) return inlineValue(outcome.inline)
  return fetchValue(session, state, outcome, direct)
}

/** Copied, so that a change of one copy does not show in the next. */
function inlineValue(inline: Encoded): { readonly value: unknown } | Promise<{ readonly value: unknown }> {
  const preparing = prepareDecode(inline)
  const value = () => ({ value: decode(inline, { buffers: 'copy' }) })
  return preparing === undefined ? value() : preparing.then(value)
}

/** What the user is thrown for a key that failed or was cancelled; the same each time. */
export function errorOf(session: Session, state: KeyState): unknown {
  session.reports.observe(state)
  state.thrown ??= { error: makeError(session, state) }
  return state.thrown.error
}

function makeError(session: Session, { key, outcome, site }: KeyState): unknown {
  if (outcome?.status === 'cancelled') return outcome.error
  if (outcome?.status !== 'error') throw new TypeError(`${key} has not failed`)
  const caller = linesOf(site)
  if (outcome.blame === key) return errorFrom(outcome.error, { caller, thrownBy: site })
  const thrownBy = session.wants.find(outcome.blame)?.site
  return errorFrom(outcome.error, { caller, thrownBy, neededBy: `'${key}'` })
}

async function fetchValue(
  session: Session,
  state: KeyState,
  outcome: Finished,
  direct: readonly Address[] = [],
): Promise<{ readonly value: unknown } | undefined> {
  let holders = direct.length > 0 ? direct : outcome.holders
  let cause: unknown
  for (let round = 0; round < ROUNDS; round++) {
    if (round > 0) await pause(round)
    if (state.outcome !== outcome) return undefined
    if (round > 0) holders = await holdersNow(session, state)
    const found = await askEach(session, state, outcome.nbytes, holders, (error) => (cause = error))
    if (found) {
      await prepareDecode(found)
      return { value: decode(found) }
    }
  }
  if (state.outcome !== outcome) return undefined
  const who = holders.length > 0 ? `none of its holders (${holders.join(', ')}) gives it` : 'nobody has it now'
  throw new HeddleError('HEDDLE_DATA_LOST', `the value of ${state.key} cannot be had: ${who}`, { cause })
}

async function askEach(
  session: Session,
  { key }: KeyState,
  nbytes: number,
  holders: readonly Address[],
  onError: (error: unknown) => void,
): Promise<Encoded | undefined> {
  const first = Math.floor(Math.random() * holders.length)
  for (let i = 0; i < holders.length; i++) {
    try {
      const found = await session.fetcher.fetch(holders[(first + i) % holders.length] as Address, key, nbytes)
      if (found) return found
    } catch (error) {
      session.assertOpen()
      onError(error)
    }
  }
  return undefined
}

async function holdersNow(session: Session, { key }: KeyState): Promise<readonly Address[]> {
  const { who_has } = await session.request('who_has', { keys: [key] })
  return who_has.get(key) ?? []
}

function pause(round: number): Promise<void> {
  const ms = Math.min(PAUSE_MS * 2 ** (round - 1), PAUSE_MAX_MS)
  return new Promise((resolve) => setTimeout(resolve, ms))
}
