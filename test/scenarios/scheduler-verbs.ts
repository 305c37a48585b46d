/** All that can be said in the scheduler's scenarios. W: a worker's name; C: `client` or `other`; K: keys. */
import type { WorkerStatus } from '../../src/protocol/messages.js'
import { infoOf, type SchedulerStage, taskOptionsOf } from './scheduler-stage.js'
import type { Verb } from './script.js'
import { addressOf, encode, graph, held, list, named, options } from './words.js'

type SchedulerVerb = Verb<SchedulerStage>

const SETTING: SchedulerVerb[] = [
  {
    form: 'set OPTION=NUMBER …',
    says: /^set (.*)$/,
    does: (stage, rest) =>
      stage.set(Object.fromEntries(Object.entries(options(rest)).map(([name, value]) => [name, Number(value)]))),
  },
  {
    form: 'TIME ms pass',
    says: /^(\d+) ms pass$/,
    does: ({ table }, ms) => void table.advance(Number(ms)),
  },
  {
    form: 'the turn goes on',
    says: /^the turn goes on$/,
    does: ({ table }) => void table.push({ type: 'continue' }),
  },
]

const WORKERS: SchedulerVerb[] = [
  {
    form: 'W joins [nthreads= memory= resources=GPU:1 host= name= holds=x:8]',
    says: /^(\w+) joins(.*)$/,
    does: ({ table }, worker, rest) => void table.worker(addressOf(worker), { name: worker, ...infoOf(options(rest)) }),
  },
  {
    form: 'W leaves',
    says: /^(\w+) leaves$/,
    does: ({ table }, worker) => table.leave(addressOf(worker), { expected: true, reason: 'it said goodbye' }),
  },
  {
    form: 'W is lost',
    says: /^(\w+) is lost$/,
    does: ({ table }, worker) => table.leave(addressOf(worker)),
  },
  {
    form: 'W is ended for its memory',
    says: /^(\w+) is ended for its memory$/,
    does: ({ table }, worker) =>
      table.leave(addressOf(worker), { reason: 'it used more memory than its limit', outgrewMemory: true }),
  },
  {
    form: 'W beats [K=MS of what it runs]',
    says: /^(\w+) beats(.*)$/,
    does: ({ table }, worker, rest) =>
      table.heartbeat(
        addressOf(worker),
        Object.fromEntries(Object.entries(options(rest)).map(([key, ms]) => [key, Number(ms)])),
      ),
  },
  {
    form: 'W is paused|running|closing',
    says: /^(\w+) is (paused|running|closing)$/,
    does: (stage, worker, status) =>
      stage.hear(worker, { op: 'worker-status-change', status: status as WorkerStatus, stimulus_id: 'x' }),
  },
  {
    form: 'W is full [room=NBYTES]',
    says: /^(\w+) is full(.*)$/,
    does: (stage, worker, rest) => {
      const { room = '0' } = options(rest)
      const full = { reason: 'nothing can be written to disk: ENOSPC (in /tmp)', room: Number(room) }
      stage.hear(worker, { op: 'worker-status-change', status: 'paused', full, stimulus_id: 'x' })
    },
  },
]

const TIMING = { thread: 0, start: 1000 }

const RUNS: SchedulerVerb[] = [
  {
    form: 'W finishes K [nbytes= took=MS inline run=]',
    says: /^(\w+) finishes ([\w-]+)(.*)$/,
    does: (stage, worker, key, rest) => {
      const { nbytes = '8', took = '1000', run, ...more } = options(rest)
      const inline = 'inline' in more ? { inline: encode('a value of more than sixteen bytes') } : {}
      const result = { ...stage.runAt(worker, key, run), nbytes: Number(nbytes), typename: 'number', ...inline }
      stage.hear(worker, { op: 'task-finished', ...result, ...TIMING, stop: 1000 + Number(took) })
    },
  },
  {
    form: 'W fails K [kind= run=]',
    says: /^(\w+) fails ([\w-]+)(.*)$/,
    does: (stage, worker, key, rest) => {
      const { kind = 'raised', run } = options(rest)
      const failure = { error: encode('boom'), kind: kind as 'raised', ...TIMING, stop: 2000 }
      stage.hear(worker, { op: 'task-erred', ...stage.runAt(worker, key, run), ...failure })
    },
  },
  {
    form: 'W reschedules K',
    says: /^(\w+) reschedules ([\w-]+)$/,
    does: (stage, worker, key) => stage.hear(worker, { op: 'reschedule', ...stage.runAt(worker, key) }),
  },
  {
    form: 'W gives back the slot of K',
    says: /^(\w+) gives back the slot of ([\w-]+)$/,
    does: (stage, worker, key) =>
      stage.hear(worker, { op: 'long-running', ...stage.runAt(worker, key), compute_duration: 1000 }),
  },
  {
    form: 'W has ended K',
    says: /^(\w+) has ended ([\w-]+)$/,
    does: (stage, worker, key) => stage.hear(worker, { op: 'task-ended', ...stage.runAt(worker, key) }),
  },
  {
    form: 'W answers the steal of K: STATE|unknown',
    says: /^(\w+) answers the steal of ([\w-]+): ([\w-]+)$/,
    does: (stage, worker, key, state) =>
      stage.hear(worker, {
        ...{ op: 'steal-response', key, stimulus_id: stage.stealOf(worker, key) },
        state: state === 'unknown' ? null : state,
      }),
  },
]

const DATA: SchedulerVerb[] = [
  {
    form: 'W has K:NBYTES … [as new values]',
    says: /^(\w+) has (.*?)( as a new value| as new values)?$/,
    does: (stage, worker, keys, anew) => addKeys(stage, worker, keys, 'x', anew === '' ? {} : { replaces: true }),
  },
  {
    form: 'W insists [again] on K:NBYTES …',
    says: /^(\w+) insists( again)? on (.*)$/,
    does: (stage, worker, again, keys) =>
      addKeys(stage, worker, keys, again === '' ? 'remove-replicas-1' : 'remove-replicas-again-1'),
  },
  {
    form: 'W lost K …',
    says: /^(\w+) lost ([\w -]+)$/,
    does: (stage, worker, keys) =>
      stage.hear(worker, { op: 'release-worker-data', keys: list(keys), stimulus_id: 'x' }),
  },
  {
    form: 'W asks who has K …',
    says: /^(\w+) asks who has ([\w -]+)$/,
    does: (stage, worker, keys) =>
      stage.hear(worker, { op: 'request-refresh-who-has', keys: list(keys), stimulus_id: 'x' }),
  },
  {
    form: 'K@W:NBYTES is put there [for C]',
    says: /^(\S+@\S+) is put there(?: for (\w+))?$/,
    does: ({ table }, what, client) => {
      for (const { key, holders, nbytes } of held(what))
        for (const worker of holders)
          table.push({ type: 'keys-added', worker, keys: new Map([[key, nbytes]]), ...(client ? { client } : {}) })
    },
  },
  {
    form: 'K … are deleted',
    says: /^([\w -]+) (?:is|are) deleted$/,
    does: ({ table }, keys) => void table.push({ type: 'keys-deleted', keys: list(keys) }),
  },
  {
    form: 'K … are replicated n=N [on=W,W]',
    says: /^([\w -]+) (?:is|are) replicated n=(\d+)(?: on=(\S+))?$/,
    does: ({ table }, keys, n, on) =>
      void table.push({ type: 'replicate', keys: list(keys), n: Number(n), ...(on ? { workers: list(on) } : {}) }),
  },
  {
    form: 'data is rebalanced',
    says: /^data is rebalanced$/,
    does: ({ table }) => void table.push({ type: 'rebalance' }),
  },
  {
    form: 'W is retired',
    says: /^(\w+) is retired$/,
    does: ({ table }, worker) => void table.push({ type: 'retire-workers', workers: [addressOf(worker)] }),
  },
  { form: 'all is restarted', says: /^all is restarted$/, does: ({ table }) => void table.push({ type: 'restart' }) },
]

const CLIENTS: SchedulerVerb[] = [
  { form: 'C joins', says: /^(client|other) joins$/, does: ({ table }, client) => void table.client(client) },
  {
    form: 'C leaves|is lost',
    says: /^(client|other) (leaves|is lost)$/,
    does: ({ table }, client, how) => void table.push({ type: 'client-left', client, lost: how === 'is lost' }),
  },
  {
    form: 'C submits K(K,K) … [with wants= priority= retries= delay= workers= others resources= timeout= effect recipe=]',
    says: /^(client|other) submits (.*?)(?: with (.*))?$/,
    does: ({ table }, client, tasks, rest) => {
      const said = options(rest)
      const specs = Object.entries(graph(tasks)).map(([key, deps]) => [key, spec(key, deps, said.recipe)])
      const found = taskOptionsOf(said)
      const wants = said.wants === undefined ? {} : { keys: list(said.wants) }
      table.graph(Object.fromEntries(specs), { ...wants, ...(found ? { options: found } : {}), client })
    },
  },
  {
    form: 'C maps PREFIX over N',
    says: /^(client|other) maps (\w+) over (\d+)$/,
    does: ({ table }, client, prefix, n) => table.map(prefix, Number(n), { client }),
  },
  {
    form: 'C releases K …',
    says: /^(client|other) releases ([\w -]+)$/,
    does: ({ table }, client, keys) => void table.say({ op: 'client-releases-keys', keys: list(keys) }, client),
  },
  {
    form: 'C wants K …',
    says: /^(client|other) wants ([\w -]+)$/,
    does: ({ table }, client, keys) => void table.say({ op: 'client-desires-keys', keys: list(keys) }, client),
  },
  {
    form: 'C cancels K … [for all]',
    says: /^(client|other) cancels ([\w -]+?)( for all)?$/,
    does: ({ table }, client, keys, all) => table.cancel(list(keys), { client, force: all !== '' }),
  },
  {
    form: 'C retries K …',
    says: /^(client|other) retries ([\w -]+)$/,
    does: ({ table }, client, keys) => void table.say({ op: 'retry', keys: list(keys) }, client),
  },
]

const QUESTIONS: SchedulerVerb[] = [
  {
    form: 'what is known?',
    says: /^what is known\?$/,
    tells: ({ table: { core } }) =>
      [...core.tasks()].map(([key, state]) => {
        const { processingOn, whoHas = [] } = core.task(key) ?? {}
        return [
          key,
          state,
          processingOn ? `on ${processingOn}` : '',
          whoHas.length > 0 ? `at ${whoHas.join(', ')}` : '',
        ]
          .filter(Boolean)
          .join(' ')
      }),
  },
  {
    form: 'why is K so?',
    says: /^why is ([\w-]+) so\?$/,
    tells: ({ table: { core } }, key) => {
      const { obstacle, text } = core.explain(key) ?? { text: `${key} is not known` }
      return [obstacle === undefined ? text : `${obstacle}: ${text}`]
    },
  },
  {
    form: 'how did K come there?',
    says: /^how did ([\w-]+) come there\?$/,
    tells: ({ table: { core } }, key) =>
      core.story(key).map(({ start, finish, cause, time }) => `${time} ms: ${start} → ${finish} (${named(cause)})`),
  },
]

/** Read in this order; the first that fits is meant. */
export const SCHEDULER_VERBS: readonly SchedulerVerb[] = [
  ...SETTING,
  ...CLIENTS,
  ...RUNS,
  ...DATA,
  ...WORKERS,
  ...QUESTIONS,
]

function addKeys(stage: SchedulerStage, worker: string, words: string, stimulus_id: string, more = {}): void {
  const found = held(words)
  const [keys, nbytes] = [found.map((h) => h.key), found.map((h) => h.nbytes)]
  stage.hear(worker, { op: 'add-keys', keys, nbytes, stimulus_id, ...more })
}

function spec(key: string, deps: string[], recipe?: string) {
  return { deps, function: `${functionOf(key)}#f`, ...(recipe === undefined ? {} : { recipe: `${recipe} of ${key}` }) }
}

/** Tasks of one letter run one function: `a1` and `a2` do the same. */
function functionOf(key: string): string {
  return `code-${key.replace(/[\d-].*$/, '')}`
}
