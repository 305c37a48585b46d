import inspector from 'node:inspector'
import { inspect } from 'node:util'
import { Client } from '../client/client.js'
import { taskClients } from '../client/task-clients.js'
import type { Artefact } from '../code/artefact.js'
import { mapForDebuggers } from '../code/compile.js'
import { needsOf } from '../code/environment.js'
import { readTls, type TlsOptions } from '../comm/tls-credentials.js'
import { HeddleError } from '../errors.js'
import type { Key } from '../protocol/names.js'
import type { GetCode, SchedulerRequests } from '../protocol/requests.js'
import { ConnectionPool } from '../rpc/pool.js'
import { parseAddress } from '../util/address.js'
import { codeOf, exportOf } from '../util/function-ref.js'
import { decode } from '../values/decode.js'
import { encode } from '../values/encode.js'
import type { Encoded } from '../values/encoded.js'
import type { Job, Outcome } from '../worker/executor/executor.js'
import { InlineExecutor } from '../worker/executor/inline-executor.js'

type Recipe = NonNullable<SchedulerRequests['get_recipe']['reply']['recipe']>

export interface ReplayOptions {
  /** Waits for a debugger at that port, and stops before the function is called. */
  inspectPort?: number
  /** Certificates, for a scheduler at a `tls://` address. */
  tls?: TlsOptions | undefined
}

/**
 * Runs a task once more in this process, with the code and inputs that it had, and prints what it gives, or its
 * error with the stack; this process then ends with 1. Inputs that were let go meanwhile are computed again on the
 * cluster.
 * @throws HeddleError HEDDLE_UNKNOWN_KEY when the scheduler does not know it any more.
 */
export async function replay(scheduler: string, key: Key, { inspectPort, tls }: ReplayOptions = {}): Promise<void> {
  const { address } = parseAddress(scheduler)
  const client = await Client.connect(address, tls && { tls })
  const pool = new ConnectionPool({ tls: readTls(tls) })
  try {
    const recipe = await recipeOf(pool, address, key)
    const inputs = await inputsOf(client, recipe.deps)
    const code = await codeFor(pool, address, codeOf(recipe.function).split('.'))
    if (inspectPort !== undefined) waitForDebugger(inspectPort)
    const executor = executorFor(address, inspectPort !== undefined)
    const outcome = await runHere(recipe, code, inputs, executor)
    const what = `${exportOf(recipe.function)} (${recipe.key})`
    if (outcome.status === 'error') return fail(`${what} fails: ${inspect(decode(outcome.error))}`)
    const text = outcome.status === 'ok' ? inspect(decode(outcome.value), { depth: 4 }) : outcome.status
    process.stdout.write(`${what} gives ${text}\n`)
  } finally {
    await Promise.all([client.close(), pool.close()])
  }
}

function fail(text: string): void {
  process.stderr.write(`${text}\n`)
  process.exitCode = 1
}

/** Of the task that failed, if this one did not run because of it. */
async function recipeOf(pool: ConnectionPool, address: string, key: Key): Promise<Recipe> {
  const { recipe } = await pool.request<SchedulerRequests['get_recipe']['reply']>(address, 'get_recipe', { key })
  if (recipe === null)
    throw new HeddleError(
      'HEDDLE_UNKNOWN_KEY',
      `the scheduler does not know how ${key} was made: a task is known as long as a program holds a future of it`,
    )
  if (recipe.key !== key) process.stderr.write(`${key} did not run, because ${recipe.key} failed: that is run here\n`)
  return recipe
}

async function inputsOf(client: Client, keys: readonly Key[]): Promise<Map<Key, Encoded>> {
  const values = await client.gather(keys.map((key) => client.future(key)))
  return new Map(keys.map((key, i) => [key, encode(values[i])]))
}

async function codeFor(pool: ConnectionPool, address: string, hashes: readonly string[]): Promise<Artefact[]> {
  const found: Artefact[] = []
  for (const hash of hashes) {
    const reply = await pool.request<GetCode['reply']>(address, 'get_code', { hash })
    const artefact = reply.artefact ?? (await fromWorkers(pool, hash, reply.workers ?? []))
    if (artefact === null) throw new HeddleError('HEDDLE_LOAD', `nobody has the code ${hash} any more`)
    found.push(artefact, ...(await codeFor(pool, address, needsOf(artefact))))
  }
  return found
}

async function fromWorkers(pool: ConnectionPool, hash: string, workers: readonly string[]): Promise<Artefact | null> {
  for (const worker of workers) {
    const { artefact } = await pool.request<GetCode['reply']>(worker, 'get_code', { hash })
    if (artefact !== null) return artefact
  }
  return null
}

function waitForDebugger(port: number): void {
  mapForDebuggers()
  inspector.open(port, '127.0.0.1')
  inspector.waitForDebugger()
}

/** The debugger stops here. */
const stopBefore =
  (fn: (...args: unknown[]) => unknown) =>
  (...args: unknown[]) => {
    // biome-ignore lint/suspicious/noDebugger: what --inspect-brk asks for
    debugger // one step further is the user's function
    return fn(...args)
  }

/** Tasks that it submits run on the cluster. */
function executorFor(scheduler: string, stops: boolean): InlineExecutor {
  const around = stops ? { around: stopBefore } : {}
  return new InlineExecutor({
    workerName: 'replay',
    scheduler,
    clients: taskClients(async () => Client.over),
    ...around,
  })
}

async function runHere(
  recipe: Recipe,
  code: readonly Artefact[],
  inputs: Job['inputs'],
  executor: InlineExecutor,
): Promise<Outcome> {
  for (const artefact of code) executor.addCode(artefact)
  try {
    return await new Promise<Outcome>((resolve, reject) => {
      executor.start({ onOutcome: (_id, outcome) => resolve(outcome) }).catch(reject)
      const { key, function: ref, args } = recipe
      executor.submit({ id: 1, key, runId: 1, attempt: 1, function: ref, args, inputs })
    })
  } finally {
    await executor.close()
  }
}
