import { vi } from 'vitest'
import { type Shipped, ship } from '../../../../src/code/identity.js'
import { decode } from '../../../../src/values/decode.js'
import { encode, encodeWithRefs } from '../../../../src/values/encode.js'
import type { Encoded } from '../../../../src/values/encoded.js'
import { FUTURE_KEY } from '../../../../src/values/future-ref.js'
import type { ExecutorEvents, Job, Outcome, TaskExecutor } from '../../../../src/worker/executor/executor.js'

// biome-ignore lint/suspicious/noExplicitAny: what is shipped may take anything
type AnyFunction = (...args: any[]) => unknown

/** A reference to an input, as a client's future is one. */
export const input = (key: string) => ({ [FUTURE_KEY]: key })

export interface RunOptions extends Partial<Omit<Job, 'inputs'>> {
  inputs?: Record<string, unknown> | ReadonlyMap<string, Encoded>
}

export interface Run {
  readonly id: number
  readonly key: string
  readonly outcome: Promise<Outcome>
}

/** An executor under test, with everything that it said. */
export class Runs {
  readonly outcomes = new Map<number, Outcome[]>()
  readonly logs: Parameters<NonNullable<ExecutorEvents['onLog']>>[0][] = []
  readonly claimed = new Set<number>()
  readonly #waiting = new Map<number, (outcome: Outcome) => void>()
  #ids = 0

  constructor(readonly executor: TaskExecutor) {}

  static async started(executor: TaskExecutor): Promise<Runs> {
    const runs = new Runs(executor)
    await executor.start({
      onOutcome: ({ id }, outcome) => runs.#note(id, outcome),
      onClaimed: (ids) => {
        for (const id of ids) runs.claimed.add(id)
      },
      onLog: (entry) => runs.logs.push(entry),
    })
    return runs
  }

  submit(fn: AnyFunction | Shipped, args: unknown[] = [], { inputs = {}, ...given }: RunOptions = {}): Run {
    const shipped = typeof fn === 'function' ? ship(fn) : fn
    this.executor.addCode(shipped.artefact)
    const id = this.#ids++
    const key = given.key ?? `task-${id}`
    const outcome = new Promise<Outcome>((resolve) => this.#waiting.set(id, resolve))
    const job = { id, key, runId: id, attempt: 1, function: shipped.ref, args: encodeWithRefs(args).encoded }
    this.executor.submit({ ...job, ...given, inputs: inputs instanceof Map ? inputs : encodedInputs(inputs) })
    return { id, key, outcome }
  }

  /** The value that the function gives. */
  async value(fn: AnyFunction | Shipped, args: unknown[] = [], options: RunOptions = {}): Promise<unknown> {
    const outcome = await this.submit(fn, args, options).outcome
    if (outcome.status !== 'ok') throw new Error(`it ended as ${describeOutcome(outcome)}`)
    return decode(outcome.value)
  }

  /** The error that it ends with. */
  async failure(
    fn: AnyFunction | Shipped,
    args: unknown[] = [],
    options: RunOptions = {},
  ): Promise<{ kind: string; error: Error & Record<string, unknown> }> {
    return failureOf(await this.submit(fn, args, options).outcome)
  }

  async begun(count: number): Promise<void> {
    const check = () => {
      const { executing } = this.executor.stats
      if (executing < count) throw new Error(`${executing} have begun, not ${count}`)
    }
    await vi.waitFor(check, { interval: 1, timeout: 10_000 })
  }

  #note(id: number, outcome: Outcome): void {
    this.outcomes.set(id, [...(this.outcomes.get(id) ?? []), outcome])
    this.#waiting.get(id)?.(outcome)
  }
}

export function failureOf(outcome: Outcome): { kind: string; error: Error & Record<string, unknown> } {
  if (outcome.status !== 'error') throw new Error(`it ended as ${describeOutcome(outcome)}`)
  return { kind: outcome.kind, error: decode(outcome.error) as Error & Record<string, unknown> }
}

function encodedInputs(inputs: Record<string, unknown> | ReadonlyMap<string, Encoded>): Map<string, Encoded> {
  return new Map(Object.entries(inputs).map(([key, value]) => [key, encode(value)]))
}

function describeOutcome(outcome: Outcome): string {
  return outcome.status === 'error' ? `error ${outcome.kind}: ${decode(outcome.error)}` : outcome.status
}
