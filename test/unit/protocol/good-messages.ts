import type { FromClient, FromWorker, Message, ToClient, ToWorker, WorkerInfo } from '../../../src/protocol/messages.js'
import type { Exchange, SchedulerRequests, WorkerRequests } from '../../../src/protocol/requests.js'
import { Encoded } from '../../../src/values/encoded.js'

export type Examples<M> = { readonly [Op in keyof M]: Required<M[Op]> }
type Asks<R> = { readonly [Op in keyof R]: R[Op] extends Exchange<infer Ask, unknown> ? Required<Ask> : never }

const value = new Encoded(Uint8Array.of(1, 2), [new Uint8Array(5000)], 5000)
const hash = '0123456789abcdef0123456789abcdef'
const fn = `${hash}#add` as const
const at = 'tcp://127.0.0.1:8786'
const who_has = new Map([['x', [at, 'tcp://[::1]:9']]])
const nbytes = new Map([['x', 5]])
const artefact = {
  hash,
  kind: 'function' as const,
  name: 'add',
  body: 'x',
  map: '{}',
  externals: ['a@1'],
  url: 'file:',
}
const offsets = new Uint8Array(Uint32Array.of(0, 2, 2, 4).buffer)

/** One of each, with every optional field: an operation without an example does not compile. */
export const TO_WORKER: Examples<ToWorker> = {
  'compute-task': {
    key: '__proto__',
    run_id: 3 * 2 ** 32 + 7,
    priority: [0, -1, 2.5],
    function: fn,
    args: value,
    who_has,
    nbytes,
    inline: new Map([['y', value]]),
    resource_restrictions: { gpu: 1 },
    timeout: 1000,
    attempt: 1,
    effect: true,
    mutates: true,
    logs: true,
  },
  'free-keys': { keys: ['a', ''], stimulus_id: '1-2', reports: 3 },
  'remove-replicas': { keys: ['a'], stimulus_id: '1-2', reports: 3 },
  'acquire-replicas': { who_has, nbytes, stimulus_id: '1-2' },
  'steal-request': { key: 'a', stimulus_id: '1-2' },
  'refresh-who-has': { who_has: new Map([['x', []]]), stimulus_id: '1-2' },
  'worker-status-change': { status: 'paused', stimulus_id: '1-2' },
  'remove-worker': { worker: at, stimulus_id: '1-2' },
  close: { reason: 'enough', stimulus_id: '1-2', again: true },
}

export const FROM_WORKER: Examples<FromWorker> = {
  'task-log': { key: 'a', level: 'debug', text: 'seen' },
  'task-finished': {
    key: 'a',
    run_id: 1,
    nbytes: 28,
    typename: 'number',
    thread: 2,
    start: 1.5,
    stop: 2.5,
    inline: value,
  },
  'task-erred': { key: 'a', run_id: 1, error: value, thread: 0, start: 1, stop: 2, kind: 'raised' },
  'add-keys': { keys: ['a'], nbytes: [1], replaces: true, hashes: [hash], stimulus_id: '1' },
  'release-worker-data': { keys: ['a'], stimulus_id: '1' },
  'long-running': { key: 'a', run_id: 1, compute_duration: 5 },
  reschedule: { key: 'a', run_id: 1 },
  'steal-response': { key: 'a', state: null, stimulus_id: '1' },
  'request-refresh-who-has': { keys: ['a'], stimulus_id: '1' },
  'task-ended': { key: 'a', run_id: 1 },
  'worker-status-change': { status: 'paused', full: { reason: 'ENOSPC', room: 0 }, stimulus_id: '1' },
}

export const FROM_CLIENT: Examples<FromClient> = {
  'client-releases-code': { hashes: [hash] },
  'update-graph': {
    tasks: [{ key: 'a', function: fn, args: value, deps: ['b'], recipe: hash }],
    maps: [
      {
        prefix: 'inc-1',
        function: fn,
        length: 3,
        args: new Uint8Array(4),
        offsets,
        buffers: new Map([[0, [new Uint8Array(5000)]]]),
        deps: new Map([[2, ['a']]]),
        shared_deps: ['c'],
        recipe: hash,
      },
    ],
    keys: ['a'],
    options: {
      priority: -1,
      retries: 2,
      workers: ['alice'],
      allow_other_workers: true,
      resources: { gpu: 0.5 },
      timeout: 5,
      retry_delay: 100,
      effect: false,
    },
    apart: true,
    more: true,
    code: [artefact],
  },
  'client-desires-keys': { keys: ['a'] },
  'client-releases-keys': { keys: ['a'] },
  'cancel-keys': { keys: ['a'], force: false, reason: 'user' },
  retry: { keys: ['a'] },
  'heartbeat-client': {},
  'close-client': {},
}

export const TO_CLIENT: Examples<ToClient> = {
  'code-lost': { hash },
  'task-log': { key: 'a', worker: 'alice', level: 'warn', text: 'seen' },
  'stream-start': { epoch: 1, heartbeat: 5000 },
  ack: { seq: 5 },
  load: { taken: 5000, waiting: 3000 },
  'key-in-memory': { key: 'a', nbytes: 5, typename: 'number', who_has: [at], inline: value },
  'task-erred': { key: 'a', error: value, blame: 'b' },
  'lost-data': { key: 'a' },
  'task-retried': { key: 'a' },
  'cancelled-keys': { keys: ['a'], reason: 'lost-data', msg: 'gone' },
  note: { code: 'HEDDLE_WORKER_LOST', key: 'a', msg: 'text' },
  restart: {},
}

const metrics = {
  memory: 1,
  managed_bytes: 1,
  spilled_bytes: 0,
  cpu: 12.5,
  event_loop_delay: 0.5,
  executing: 1,
  ready: 0,
  in_flight: 0,
  in_memory: 3,
  transfer_incoming_bytes: 0,
  transfer_outgoing_bytes: 0,
  transfer_incoming_count: 0,
  transfer_outgoing_count: 0,
  bandwidth: 0,
}

const info: Required<WorkerInfo> = {
  address: at,
  name: 'alice',
  nthreads: 2,
  memory_limit: null,
  local_directory: '/tmp/x',
  resources: { gpu: 1 },
  services: { http: 80 },
  nanny: null,
  supervised: true,
  pid: 5,
  host: '127.0.0.1',
  holds: new Map([['x', { nbytes: 5, hash }]]),
}

export const WORKER_ASKS: Asks<WorkerRequests> = {
  identity: {},
  ping: {},
  get_data: { keys: ['x'], who: at },
  update_data: { data: new Map([['x', value]]), report: false },
  delete_data: { keys: ['x'], report: true },
  compute: { key: 'z', function: fn, code: [artefact], args: value, deps: ['x'], who_has, logs: true },
  gather: { keys: ['x'], who_has },
  run: { function: fn, code: [artefact], args: value, logs: true },
  get_code: { hash, who: 'tcp://127.0.0.1:9000' },
  keys: {},
  story: { key: 'x' },
  terminate: { reason: 'enough' },
}

export const SCHEDULER_ASKS: Asks<SchedulerRequests> = {
  identity: {},
  ping: {},
  'register-worker': info,
  heartbeat_worker: { address: at, metrics, executing: new Map([['x', 12.5]]) },
  unregister: { address: at, reason: 'enough' },
  who_has: { keys: ['x'] },
  has_what: { keys: ['alice', at] },
  ncores: { keys: ['alice'] },
  workers: {},
  add_keys: { who: new Map([[at, nbytes]]), client: 'c1', replaces: true },
  remove_keys: { address: at, keys: ['x'] },
  delete_data: { keys: ['x'] },
  terminate: { reason: 'enough' },
  'register-client': { client: 'c1', version: '0.1.0' },
  get_code: { hash, who: 'tcp://127.0.0.1:9000' },
  story: { key: 'x' },
  relay: { to: at, who: at },
  get_recipe: { key: 'x' },
  explain: { key: 'x' },
  progress: { client: 'client-1' },
  replicate: { keys: ['x'], n: 2, workers: ['alice'] },
  rebalance: { keys: ['x'] },
  retire_workers: { workers: ['alice'] },
  restart: { timeout: 5 },
}

export function messagesOf<M>(examples: Examples<M>): Message<M>[] {
  return Object.entries(examples).map(([op, fields]) => ({ op, ...(fields as object) }) as Message<M>)
}

type Replies<R> = {
  readonly [Op in keyof R]: R[Op] extends Exchange<infer _Ask, infer Reply> ? Required<Reply>[] : never
}

const line = { key: 'z', worker: 'alice', level: 'log' as const, text: 'seen' }
const OK = [{ status: 'OK' as const }]
const welcome = [{ status: 'OK' as const, epoch: 3, heartbeat: 500, note: 'of a newer kind' }]
const identity = {
  type: 'Worker' as const,
  id: at,
  address: at,
  version: '0.1.0',
  pid: 1,
  system: 'dask' as const,
  name: 7,
  nthreads: 1,
  services: {},
}
const { address: _address, nanny: _nanny, supervised: _supervised, holds: _holds, ...shown } = info

export const REPLIES: Replies<SchedulerRequests> & Replies<WorkerRequests> = {
  identity: [identity, { ...identity, type: 'Scheduler' }],
  ping: OK,
  get_data: [
    { status: 'OK', data: new Map([['x', value]]) },
    { status: 'busy', data: new Map() },
  ],
  update_data: [{ status: 'OK', nbytes }],
  delete_data: OK,
  compute: [
    { status: 'OK', key: 'z', nbytes: 5, type: 'number', thread: 1, start: 1, stop: 2, logs: [line] },
    { status: 'failed', error: value, logs: [] },
    { status: 'missing', missing: ['x'], logs: [] },
  ],
  gather: [{ status: 'missing', missing: ['x'] }],
  run: [
    { status: 'OK', value, logs: [line] },
    { status: 'failed', error: value, code_missing: true, logs: [] },
  ],
  keys: [{ status: 'OK', keys: ['x'] }],
  story: [
    { status: 'OK', story: [{ key: 'x', start: 'released', finish: 'waiting', cause: 'update-graph', time: 1.5 }] },
  ],
  terminate: OK,
  'register-worker': welcome,
  heartbeat_worker: [{ status: 'missing', heartbeat: 500 }],
  unregister: OK,
  who_has: [{ status: 'OK', who_has }],
  has_what: [{ status: 'OK', has_what: new Map([[at, ['x']]]) }],
  ncores: [{ status: 'OK', ncores: new Map([[at, 4]]) }],
  workers: [
    { status: 'OK', workers: new Map([[at, { ...shown, status: 'running', nbytes: 5, processing: 0, metrics }]]) },
  ],
  add_keys: OK,
  remove_keys: OK,
  'register-client': welcome,
  relay: [{ status: 'OK' }, { status: 'busy' }],
  get_code: [
    { status: 'OK', artefact, workers: ['tcp://127.0.0.1:9000'] },
    { status: 'OK', artefact: null, workers: [] },
  ],
  get_recipe: [
    { status: 'OK', recipe: null },
    { status: 'OK', recipe: { key: 'x', function: 'a#f', args: value, deps: ['y'] } },
  ],
  explain: [{ status: 'OK', explanation: { key: 'x', state: 'waiting', text: 'x waits', waitsFor: ['y'] } }],
  progress: [{ status: 'OK', running: 1, waiting: 2 }],
  replicate: OK,
  rebalance: OK,
  retire_workers: [{ status: 'OK', workers: [at] }],
  restart: [{ status: 'OK', workers: [at], missing: ['alice'] }],
}
