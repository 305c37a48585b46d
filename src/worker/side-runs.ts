/** Functions that somebody runs on this worker beside its tasks (`run`), in a thread of their own. */
import { HeddleError, LoadError } from '../errors.js'
import type { FunctionRef, Key } from '../protocol/names.js'
import type { WorkerRequests } from '../protocol/requests.js'
import type { RequestContext } from '../rpc/server.js'
import { Deferred } from '../util/deferred.js'
import { encode } from '../values/encode.js'
import type { Encoded } from '../values/encoded.js'
import { CodeCache, type CodeRoute, codeOf } from './code-cache.js'
import type { Outcome, TaskExecutor } from './executor/executor.js'
import type { Printed } from './printed.js'
import type { ValueMemory } from './store/memory.js'

type Run = WorkerRequests['run']
type Asker = Pick<RequestContext, 'onWritten'>

/** See above. The thread is started for the first of them. */
export class SideRuns {
  readonly #memory: ValueMemory
  readonly #make: () => TaskExecutor
  readonly #routeFor: (executor: TaskExecutor) => CodeRoute
  readonly #waiting = new Map<number, Deferred<Outcome>>()
  readonly #printed: Pick<Printed, 'onLog' | 'collect'>
  #started: Promise<Side> | undefined
  #last = 0

  constructor(
    memory: ValueMemory,
    make: () => TaskExecutor,
    routeFor: (executor: TaskExecutor) => CodeRoute,
    printed: Pick<Printed, 'onLog' | 'collect'>,
  ) {
    this.#memory = memory
    this.#make = make
    this.#routeFor = routeFor
    this.#printed = printed
  }

  /** Answers `run`. */
  run(ask: Run['ask'], context: Asker): Promise<Run['reply']> {
    const id = ++this.#last
    return this.#printed.collect(keyOf(id), ask.logs, () => this.#run(id, ask, context))
  }

  async #run(id: number, { function: ref, code = [], args }: Run['ask'], context: Asker): Promise<Run['reply']> {
    this.#started ??= this.#start()
    const side = await this.#started
    try {
      for (const artefact of code) await side.code.add(artefact)
      await side.code.ensure(codeOf(ref))
    } catch (error) {
      return { status: 'failed', error: encode(error), code_missing: true }
    }
    const outcome = await this.#submit(side, id, ref, args)
    if (outcome.status === 'ok') return this.#give(outcome.value, context)
    if (outcome.status === 'error') return { status: 'failed', error: outcome.error }
    return { status: 'failed', error: encode(new LoadError('HEDDLE_LOAD', `the run ended as ${outcome.status}`)) }
  }

  #give(value: Encoded, context: Asker): Run['reply'] {
    this.#memory.retain(value)
    context.onWritten(() => this.#memory.release(value))
    return { status: 'OK', value }
  }

  async close(): Promise<void> {
    const started = this.#started
    this.#started = Promise.reject(new HeddleError('HEDDLE_CLOSED', 'the worker is closed'))
    this.#started.catch(() => {})
    const side = await started?.catch(() => undefined)
    await side?.executor.close()
    for (const answer of this.#waiting.values()) answer.reject(new HeddleError('HEDDLE_CLOSED', 'the worker is closed'))
    this.#waiting.clear()
  }

  async #start(): Promise<Side> {
    const executor = this.#make()
    const code = new CodeCache(this.#routeFor(executor))
    const { onLog } = this.#printed
    await executor.start({ onOutcome: ({ id }, outcome) => this.#onOutcome(id, outcome), onLog })
    return { executor, code }
  }

  #submit({ executor, code }: Side, id: number, ref: FunctionRef, args: Encoded): Promise<Outcome> {
    const answer = new Deferred<Outcome>()
    this.#waiting.set(id, answer)
    code.use(codeOf(ref))
    executor.submit({
      id,
      key: keyOf(id),
      runId: id,
      attempt: 1,
      function: ref,
      args,
      inputs: new Map(),
      effect: true,
    })
    return answer.promise.finally(() => code.unuse(codeOf(ref)))
  }

  #onOutcome(id: number, outcome: Outcome): void {
    this.#waiting.get(id)?.resolve(outcome)
    this.#waiting.delete(id)
  }
}

function keyOf(id: number): Key {
  return `run-${id}`
}

interface Side {
  readonly executor: TaskExecutor
  readonly code: CodeCache
}
