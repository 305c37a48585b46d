import { createHash } from 'node:crypto'
import { afterEach, beforeEach, describe, expect, test } from 'vitest'
import { ship } from '../../../src/code/identity.js'
import { connect } from '../../../src/comm/transports.js'
import type { FromClient, TaskSpec } from '../../../src/protocol/messages.js'
import { MsgpackWriter } from '../../../src/protocol/msgpack-writer.js'
import { Scheduler } from '../../../src/scheduler/scheduler.js'
import { decode } from '../../../src/values/decode.js'
import { encode } from '../../../src/values/encode.js'
import { ask, FakeClient, FakeWorker, until } from './fake-peers.js'

const inc = ship((x: number) => x + 1)

let scheduler: Scheduler
const lines: string[] = []
const logged: string[] = []
const peers: { close(): Promise<void> }[] = []

async function worker(more: Parameters<typeof FakeWorker.join>[1] = {}): Promise<FakeWorker> {
  const joined = await FakeWorker.join(scheduler.address, more)
  peers.push(joined)
  return joined
}

async function client(id?: string): Promise<FakeClient> {
  const joined = await FakeClient.join(scheduler.address, id)
  peers.push(joined)
  return joined
}

function taskOf(key: string, deps: string[] = [], ref = inc.ref): TaskSpec {
  const recipe = createHash('sha256').update(`${key} ${ref}`).digest('hex').slice(0, 32)
  return { key, function: ref, args: encode([1]), deps, recipe }
}

function graph(
  tasks: TaskSpec[],
  more: Partial<FromClient['update-graph']> = {},
): { op: 'update-graph' } & FromClient['update-graph'] {
  return { op: 'update-graph', tasks, keys: tasks.map(({ key }) => key), code: [inc.artefact], ...more }
}

/** Does the next task, with a result that travels along. */
async function workOne(at: FakeWorker, result: unknown = 2): Promise<string> {
  const { key, run_id } = await at.next('compute-task')
  const inline = encode(result)
  at.stream.send({
    op: 'task-finished',
    key,
    run_id,
    nbytes: inline.nbytes,
    typename: typeof result,
    thread: 1,
    start: 1,
    stop: 2,
    inline,
  })
  return key
}

beforeEach(async () => {
  lines.length = 0
  logged.length = 0
  const note = (text: string, fields?: object) => void logged.push(`${text} ${JSON.stringify(fields ?? {})}`)
  scheduler = new Scheduler({
    port: 0,
    validate: true,
    clientGrace: 300,
    print: (line) => lines.push(line),
    logger: { debug: () => {}, info: () => {}, warn: note, error: note },
  })
  await scheduler.start()
})

afterEach(async () => {
  await scheduler.close()
  await Promise.all(peers.splice(0).map((peer) => peer.close()))
  await scheduler.finished
})

describe('a scheduler', () => {
  test('says where it listens, once it does', () => {
    expect(lines).toEqual([`Start scheduler at 127.0.0.1:${scheduler.port}`])
    expect(scheduler.info()).toMatchObject({ type: 'Scheduler', workers: 0, clients: 0 })
  })

  test('S67: is at 127.0.0.1:8786 unless told otherwise', () => {
    expect(new Scheduler().address).toBe('tcp://127.0.0.1:8786')
  })

  test('refuses wrong options', () => {
    expect(() => new Scheduler({ allowedFailures: -1 })).toThrow('allowedFailures')
    expect(() => new Scheduler({ host: '0.0.0.0' })).toThrow('insecure')
    expect(() => new Scheduler({ color: 'red' } as never)).toThrow('color')
    expect(() => new Scheduler({ port: 70_000 })).toThrow('port')
  })

  test('a task goes to a worker and its result to the client', async () => {
    const [alice, ann] = [await worker(), await client()]
    expect(await ann.next('stream-start')).toMatchObject({ epoch: ann.reply.epoch })
    ann.say(graph([taskOf('a')]))
    expect(await workOne(alice)).toBe('a')
    const done = await ann.next('key-in-memory')
    expect(done).toMatchObject({ key: 'a', who_has: [alice.address] })
    expect(decode(done.inline!)).toBe(2)
    expect(scheduler.whoHas.get('a')).toEqual(new Set([alice.address]))
    expect(scheduler.tasks()).toMatchObject({ memory: 1 })
  })

  test('counts the messages of a client and says up to which it has taken them in', async () => {
    const ann = await client()
    ann.say(graph([taskOf('a')]))
    ann.say({ op: 'heartbeat-client' })
    ann.say({ op: 'client-releases-keys', keys: ['a'] })
    await until(() => ann.heard.some((message) => message.op === 'ack' && message.seq === 3))
  })

  test('keeps the code of a graph for its workers until nobody needs it', async () => {
    const [alice, ann] = [await worker(), await client()]
    ann.say(graph([taskOf('a')]))
    await alice.next('compute-task')
    const { hash } = inc.artefact
    expect(await ask(scheduler.address, 'get_code', { hash })).toMatchObject({
      artefact: { hash, body: inc.artefact.body },
    })
    expect(await ask(scheduler.address, 'get_code', { hash: 'ab'.repeat(16) })).toMatchObject({ artefact: null })
    ann.say({ op: 'close-client' })
    await until(() => scheduler.info().clients === 0)
    expect(await ask(scheduler.address, 'get_code', { hash })).toMatchObject({ artefact: null })
  })

  test('a graph whose code is not known fails with words that say so, and leaves nothing', async () => {
    const ann = await client()
    await worker()
    ann.say(graph([taskOf('a')], { code: [] }))
    const refused = await ann.next('cancelled-keys')
    expect(refused).toMatchObject({ keys: ['a'], reason: 'bad-graph' })
    expect(refused.msg).toContain('code')
    expect(scheduler.info().tasks).toMatchObject({ processing: 0, waiting: 0 })
    ann.say(graph([taskOf('a')]))
    await until(() => scheduler.tasks().processing === 1)
  })

  test('a client whose code is not what its hash says is cut off, the others are served', async () => {
    const [alice, ann, mallory] = [await worker(), await client(), await client()]
    mallory.say(graph([taskOf('evil')], { code: [{ ...inc.artefact, body: 'return {}' }] }))
    await until(() => mallory.closed !== undefined)
    ann.say(graph([taskOf('a')]))
    expect(await workOne(alice)).toBe('a')
    await ann.next('key-in-memory')
  })

  test('a client that says what is no message is cut off, the others are served', async () => {
    const [alice, ann, mallory] = [await worker(), await client(), await client()]
    mallory.say({ op: 'cancel-keys', keys: 42 } as never)
    await until(() => mallory.closed !== undefined)
    expect(logged.join()).toContain('cancel-keys')
    ann.say(graph([taskOf('a')]))
    await workOne(alice)
    await ann.next('key-in-memory')
  })

  test('what a client wanted that said goodbye is let go at once', async () => {
    const [alice, ann] = [await worker(), await client()]
    ann.say(graph([taskOf('a')]))
    await workOne(alice)
    await ann.next('key-in-memory')
    ann.say({ op: 'close-client' })
    expect(await alice.next('free-keys')).toMatchObject({ keys: ['a'] })
    await until(() => ann.closed !== undefined)
    expect(scheduler.tasks().memory).toBe(0)
  })

  test('what a lost client wanted is kept for it for a while, and then let go', async () => {
    const [alice, ann] = [await worker(), await client('ann')]
    ann.say(graph([taskOf('a')]))
    await workOne(alice)
    await ann.next('key-in-memory')
    ann.stream.abort(new Error('the cable'))
    await until(() => scheduler.info().clients === 0)
    expect(scheduler.tasks().memory).toBe(1)
    const again = await client('ann')
    again.say({ op: 'client-desires-keys', keys: ['a'] })
    expect(await again.next('key-in-memory')).toMatchObject({ key: 'a' })
    again.stream.abort(new Error('the cable'))
    expect(await alice.next('free-keys')).toMatchObject({ keys: ['a'] })
  })

  test('a task whose worker is lost is given to another', async () => {
    const [alice, ann] = [await worker(), await client()]
    ann.say(graph([taskOf('a')]))
    const first = await alice.next('compute-task')
    alice.stream.abort(new Error('crash'))
    const bob = await worker()
    const second = await bob.next('compute-task')
    expect(second).toMatchObject({ key: 'a', attempt: 2 })
    expect(second.run_id).toBeGreaterThan(first.run_id)
  })

  test('a worker that unregisters bears no blame, and its task none either', async () => {
    const [alice, ann] = [await worker(), await client()]
    ann.say(graph([taskOf('a')]))
    await alice.next('compute-task')
    await ask(scheduler.address, 'unregister', { address: alice.address })
    const bob = await worker()
    expect(await bob.next('compute-task')).toMatchObject({ key: 'a', attempt: 1 })
  })

  test('a graph of thirty thousand tasks does not keep others from being served', async () => {
    const [ann, bert] = [await client(), await client()]
    ann.say(graph(Array.from({ length: 30_000 }, (_, i) => taskOf(`big-${i}`))))
    ann.say({ op: 'client-releases-keys', keys: [] })
    bert.say(graph([taskOf('small')]))
    await until(() => (scheduler.tasks()['no-worker'] ?? 0) > 0)
    await until(() => ann.heard.some((message) => message.op === 'ack' && message.seq === 2), 20_000)
    expect(scheduler.tasks()['no-worker']).toBe(30_001)
  })

  test('tells the story of a key, and explains why it is in its state', async () => {
    const ann = await client()
    ann.say(graph([taskOf('a')]))
    await until(() => scheduler.tasks()['no-worker'] === 1)
    const { story } = await ask<{ story: object[] }>(scheduler.address, 'story', { key: 'a' })
    expect(story.at(-1)).toMatchObject({ key: 'a', finish: 'no-worker' })
    const { explanation } = await ask<{ explanation: object }>(scheduler.address, 'explain', { key: 'a' })
    expect(explanation).toMatchObject({ state: 'no-worker' })
  })

  test('a peer of another version is sent away, and a task that waits for workers says so', async () => {
    const ann = await client()
    ann.say(graph([taskOf('a')]))
    const comm = await connect(scheduler.address, { timeoutMs: 1000 })
    const greeting = new MsgpackWriter({ plain: true })
    greeting.write({ 'pickle-protocol': 5, heddle: { protocol: 99, version: '9.1.2' } })
    let ended = false
    comm.onClose = () => {
      ended = true
    }
    comm.send([greeting.take()])
    await until(() => ended)
    const { explanation } = await ask<{ explanation: { text: string } }>(scheduler.address, 'explain', { key: 'a' })
    expect(explanation).toMatchObject({ obstacle: 'version-mismatch' })
    expect(explanation.text).toContain('9.1.2')
  })

  test('a retired worker hands over what only it holds, and goes', async () => {
    const [alice, ann] = [await worker({ name: 'alice' }), await client()]
    ann.say(graph([taskOf('a')]))
    await workOne(alice)
    await ann.next('key-in-memory')
    const bob = await worker({ name: 'bob' })
    const retired = ask<{ workers: string[] }>(scheduler.address, 'retire_workers', { workers: ['alice'] })
    await Promise.race([bob.next('acquire-replicas').then(() => bob.holds('a')), alice.next('close')])
    expect((await retired).workers).toEqual([alice.address])
    await until(() => alice.closed !== undefined)
    expect([...scheduler.ncores.keys()]).toEqual([bob.address])
  })

  test('replicate resolves when there are so many copies', async () => {
    const [alice, ann] = [await worker(), await client()]
    ann.say(graph([taskOf('a')]))
    await workOne(alice)
    await ann.next('key-in-memory')
    const bob = await worker()
    const replicated = ask(scheduler.address, 'replicate', { keys: ['a'], n: 2 })
    await bob.next('acquire-replicas')
    bob.holds('a')
    await replicated
    expect(scheduler.whoHas.get('a')?.size).toBe(2)
  })

  test('rebalance moves values from a full worker to an empty one, and resolves when they have moved', async () => {
    const alice = await worker({ memory_limit: 1000 })
    const keys = Array.from({ length: 8 }, (_, i) => `x${i}`)
    alice.stream.send({ op: 'add-keys', keys, nbytes: keys.map(() => 100), replaces: true, stimulus_id: 'test' })
    await until(() => scheduler.hasWhat.get(alice.address)?.size === 8)
    const bob = await worker({ memory_limit: 1000 })
    let done = false
    const rebalanced = ask(scheduler.address, 'rebalance').then(() => {
      done = true
    })
    const moved: string[] = []
    while (moved.length < 4) {
      expect(done).toBe(false)
      const { who_has } = await bob.next('acquire-replicas')
      moved.push(...who_has.keys())
      bob.holds(...who_has.keys())
    }
    await rebalanced
    expect([...(scheduler.hasWhat.get(bob.address) ?? [])].sort()).toEqual(moved.sort())
    expect(scheduler.hasWhat.get(alice.address)?.size).toBe(8 - moved.length)
  })
})
