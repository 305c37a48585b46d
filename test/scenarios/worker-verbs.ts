/** All that can be said in the worker's scenarios. W: a peer's name; K: keys, with holders and size as in `x@bob,carol:8`. */
import type { ToWorkerMessage, WorkerStatus } from '../../src/protocol/messages.js'
import type { Verb } from './script.js'
import { addressOf, amounts, encode, held, list, options } from './words.js'
import type { WorkerStage } from './worker-stage.js'

type WorkerVerb = Verb<WorkerStage>

const SETTING: WorkerVerb[] = [
  {
    form: 'set OPTION=NUMBER|resources=GPU:1 …',
    says: /^set (.*)$/,
    does: (stage, rest) => {
      const { resources, ...numbers } = options(rest)
      const found = Object.fromEntries(Object.entries(numbers).map(([name, value]) => [name, Number(value)]))
      stage.set(resources === undefined ? found : { ...found, resources: amounts(resources) })
    },
  },
  { form: 'TIME ms pass', says: /^(\d+) ms pass$/, does: ({ table }, ms) => void table.advance(Number(ms)) },
]

const ORDERS: WorkerVerb[] = [
  {
    form: 'told to compute K [from K@W …] [with run= priority=1,2 inline= resources= try= timeout= effect]',
    says: /^told to compute ([\w-]+)(?: from (.*?))?(?: with (.*))?$/,
    does: (stage, key, inputs, rest) => {
      const found = held(inputs)
      stage.know([key, ...found.map((h) => h.key)])
      stage.table.compute(key, Object.fromEntries(found.map((h) => [h.key, h.holders])), {
        nbytes: new Map(found.map((h) => [h.key, h.nbytes])),
        ...computeOptionsOf(options(rest)),
      })
    },
  },
  { form: 'told to free K …', says: /^told to free ([\w -]+)$/, does: ({ table }, keys) => table.free(...list(keys)) },
  {
    form: 'told to remove replicas K … [heard of N]',
    says: /^told to (remove|free) replicas ([\w -]+?)(?: \(heard of (\d+)\))?$/,
    does: ({ table }, _, keys, reports) =>
      void table.message({
        ...{ op: 'remove-replicas', keys: list(keys), stimulus_id: '1-1' },
        ...(reports === '' ? {} : { reports: Number(reports) }),
      }),
  },
  {
    form: 'told to acquire K@W …',
    says: /^told to acquire (.*)$/,
    does: (stage, keys) => {
      const message = { op: 'acquire-replicas' as const, ...whoHas(stage, keys), nbytes: sizes(keys) }
      stage.table.message({ ...message, stimulus_id: '1-1' })
    },
  },
  {
    form: 'told who has K@W …',
    says: /^told who has (.*)$/,
    does: (stage, keys) =>
      void stage.table.message({ op: 'refresh-who-has', ...whoHas(stage, keys), stimulus_id: '1-1' }),
  },
  {
    form: 'asked to give K up',
    says: /^asked to give ([\w-]+) up$/,
    does: ({ table }, key) => void table.message({ op: 'steal-request', key, stimulus_id: '1-1' }),
  },
  {
    form: 'told that W is gone',
    says: /^told that (\w+) is gone$/,
    does: ({ table }, worker) =>
      void table.message({ op: 'remove-worker', worker: addressOf(worker), stimulus_id: '1-1' }),
  },
  {
    form: 'told to be paused|running|closing_gracefully',
    says: /^told to be (\w+)$/,
    does: ({ table }, status) =>
      void table.message({ op: 'worker-status-change', status: status as WorkerStatus, stimulus_id: '1-1' }),
  },
  {
    form: 'told to close',
    says: /^told to close$/,
    does: ({ table }) => void table.message({ op: 'close', reason: 'it was retired', stimulus_id: '1-1' }),
  },
  {
    form: 'the scheduler is lost|back',
    says: /^the scheduler is (lost|back)$/,
    does: ({ table }, how) => void table.push({ type: how === 'lost' ? 'scheduler-left' : 'scheduler-joined' }),
  },
]

const PEERS: WorkerVerb[] = [
  {
    form: 'W sends K:NBYTES …|nothing',
    says: /^(\w+) sends (.*)$/,
    does: ({ table }, peer, keys) =>
      table.answers(addressOf(peer), { status: 'ok', keys: keys === 'nothing' ? new Map() : sizes(keys) }),
  },
  {
    form: 'W is busy',
    says: /^(\w+) is busy$/,
    does: ({ table }, peer) => table.answers(addressOf(peer), { status: 'busy' }),
  },
  {
    form: 'W cannot be reached',
    says: /^(\w+) cannot be reached$/,
    does: ({ table }, peer) => table.answers(addressOf(peer), { status: 'failed', reason: 'connection refused' }),
  },
]

const RUNS: WorkerVerb[] = [
  {
    form: 'K ends [with nbytes= inline]',
    says: /^([\w-]+) ends(?: with (.*))?$/,
    does: ({ table }, key, rest) => {
      const { nbytes = '8', ...more } = options(rest)
      const inline = 'inline' in more ? { inline: encode('small') } : {}
      table.executed(key, { status: 'ok', nbytes: Number(nbytes), ...inline })
    },
  },
  { form: 'K raises', says: /^([\w-]+) raises$/, does: ({ table }, key) => fail(table, key) },
  {
    form: 'K is aborted|displaced',
    says: /^([\w-]+) is (aborted|displaced)$/,
    does: ({ table }, key, status) => table.executed(key, { status: status as 'aborted' }),
  },
  {
    form: 'K asks to be rescheduled',
    says: /^([\w-]+) asks to be rescheduled$/,
    does: ({ table }, key) => table.executed(key, { status: 'reschedule' }),
  },
  {
    form: 'K gives back its slot',
    says: /^([\w-]+) gives back its slot$/,
    does: ({ table }, key) => void table.push({ type: 'seceded', key, runId: table.runOf(key), durationMs: 10 }),
  },
  {
    form: 'K had begun|had not begun',
    says: /^([\w-]+) had (not )?begun$/,
    does: ({ table }, key, not) => table.withdrawn(key, not !== ''),
  },
  {
    form: 'the executor takes N',
    says: /^the executor takes (\d+)$/,
    does: ({ table }, jobs) => void table.push({ type: 'appetite', jobs: Number(jobs) }),
  },
]

const HANDS: WorkerVerb[] = [
  {
    form: 'K:NBYTES … are put here [and reported]',
    says: /^(.*?) (?:is|are) put here( and reported)?$/,
    does: (stage, keys, report) => {
      stage.know(held(keys).map((h) => h.key))
      stage.table.push({ type: 'put', keys: sizes(keys), report: report !== '' })
    },
  },
  {
    form: 'K … are deleted here',
    says: /^([\w -]+) (?:is|are) deleted here$/,
    does: ({ table }, keys) => void table.push({ type: 'delete', keys: list(keys), report: true }),
  },
  {
    form: 'K … cannot be kept',
    says: /^([\w -]+) cannot be kept$/,
    does: ({ table }, keys) => void table.push({ type: 'value-lost', keys: list(keys), reason: 'the disk is full' }),
  },
  {
    form: '#N computes K [from K@W …]',
    says: /^#(\d+) computes ([\w-]+)(?: from (.*))?$/,
    does: (stage, request, key, inputs) => {
      const found = held(inputs)
      stage.know([key, ...found.map((h) => h.key)])
      const holders = found.filter((h) => h.holders.length > 0).map((h) => [h.key, h.holders])
      stage.table.direct(
        Number(request),
        key,
        found.map((h) => h.key),
        Object.fromEntries(holders),
      )
    },
  },
  {
    form: '#N fetches K@W …',
    says: /^#(\d+) fetches (.*)$/,
    does: (stage, request, keys) => {
      const { who_has } = whoHas(stage, keys)
      stage.table.push({ type: 'gather-direct', request: Number(request), whoHas: who_has })
    },
  },
  {
    form: 'memory is short|free',
    says: /^memory is (short|free)$/,
    does: ({ table }, how) => void table.push({ type: how === 'short' ? 'paused' : 'resumed' }),
  },
  {
    form: 'nothing can leave memory',
    says: /^nothing can leave memory$/,
    does: ({ table }) =>
      void table.push({ type: 'stuck', reason: 'the disk is full', room: 100, error: encode('no memory') }),
  },
]

const QUESTIONS: WorkerVerb[] = [
  {
    form: 'what is known?',
    says: /^what is known\?$/,
    tells: ({ table }) => Array.from(table.core.keys(), ([key, state]) => `${key} ${state}`),
  },
]

/** Read in this order; the first that fits is meant. */
export const WORKER_VERBS: readonly WorkerVerb[] = [...SETTING, ...ORDERS, ...HANDS, ...PEERS, ...RUNS, ...QUESTIONS]

type ComputeTask = Extract<ToWorkerMessage, { op: 'compute-task' }>

function computeOptionsOf(said: Record<string, string>): Partial<ComputeTask> {
  const { run, priority, inline, resources, timeout } = said
  return {
    ...(run === undefined ? {} : { run_id: Number(run) }),
    ...(priority === undefined ? {} : { priority: list(priority).map(Number) }),
    ...(inline === undefined ? {} : { inline: new Map(list(inline).map((key) => [key, encode('small')])) }),
    ...(resources === undefined ? {} : { resource_restrictions: amounts(resources) }),
    ...(timeout === undefined ? {} : { timeout: Number(timeout) }),
    ...('effect' in said ? { effect: true } : {}),
  }
}

function whoHas(stage: WorkerStage, keys: string): { who_has: Map<string, string[]> } {
  const found = held(keys)
  stage.know(found.map((h) => h.key))
  return { who_has: new Map(found.map((h) => [h.key, h.holders])) }
}

function sizes(keys: string): Map<string, number> {
  return new Map(held(keys).map((h) => [h.key, h.nbytes]))
}

function fail(table: WorkerStage['table'], key: string): void {
  table.executed(key, { status: 'error', kind: 'raised', error: encode('boom') })
}
