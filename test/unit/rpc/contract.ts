import { afterEach, describe, expect, test } from 'vitest'
import {
  CancelledError,
  ClosedError,
  CommClosedError,
  RegistrationError,
  WaitTimeoutError,
} from '../../../src/errors.js'
import { openStream } from '../../../src/rpc/stream.js'
import { Deferred } from '../../../src/util/deferred.js'
import { Encoded } from '../../../src/values/encoded.js'
import { fine, Opened } from './nodes.js'

/** What holds for requests, whatever carries them. */
export function requestContract(name: string, address: () => string): void {
  describe(`${name}: a request`, () => {
    const opened = new Opened()
    afterEach(() => opened.close())

    test('gives what the handler answered, with maps and encoded values as they were', async () => {
      const { address: at } = await opened.serve(address(), {
        handlers: { echo: ({ x }: { x: unknown }) => ({ status: 'OK', x }) },
      })
      const value = new Encoded(Uint8Array.of(1, 2, 3), [new Uint8Array(100_000).fill(7)], 100_000)
      const sent = new Map([['__proto__', value]])
      const reply = await opened.pool().request<{ x: Map<string, Encoded> }>(at, 'echo', { x: sent })
      const back = reply.x.get('__proto__')
      expect(back?.head).toEqual(value.head)
      expect(back?.nbytes).toBe(100_000)
      expect(Buffer.compare(back?.buffers[0] as Uint8Array, value.buffers[0] as Uint8Array)).toBe(0)
    })

    test('goes out beside others at the same time, and each gets its own answer', async () => {
      const open: Deferred<void>[] = []
      const { address: at } = await opened.serve(address(), {
        handlers: {
          slow: async ({ i }: { i: number }) => {
            const gate = new Deferred<void>()
            open.push(gate)
            if (open.length === 8) for (const one of open.splice(0).reverse()) one.resolve()
            await gate.promise
            return { i }
          },
        },
      })
      const pool = opened.pool()
      const asked = Array.from({ length: 40 }, (_, i) => pool.request(at, 'slow', { i }))
      expect(await Promise.all(asked)).toEqual(asked.map((_, i) => ({ i })))
    })

    test('waits when the limit of connections to one peer is reached', async () => {
      const gates: Deferred<void>[] = []
      const three = new Deferred<void>()
      let most = 0
      const { address: at } = await opened.serve(address(), {
        handlers: {
          wait: async () => {
            const gate = new Deferred<void>()
            most = Math.max(most, gates.push(gate))
            if (gates.length === 3) three.resolve()
            await gate.promise
            gates.splice(gates.indexOf(gate), 1)
            for (const next of gates) next.resolve()
            return {}
          },
        },
      })
      const pool = opened.pool({ limitPerPeer: 3 })
      const asked = Array.from({ length: 10 }, () => pool.request(at, 'wait'))
      await three.promise
      let done = 0
      for (const one of asked) void one.then(() => done++)
      while (done < asked.length) {
        for (const gate of gates) gate.resolve()
        await new Promise((resolve) => setImmediate(resolve))
      }
      expect(most).toBe(3)
    })

    test('rejects with the error of a handler: its class, code and message', async () => {
      const { address: at, log } = await opened.serve(address(), {
        handlers: {
          refuse: () => {
            throw new RegistrationError("the name 'alice' is taken")
          },
          lose: () => {
            throw new CancelledError('x', 'x is lost', 'HEDDLE_DATA_LOST')
          },
        },
      })
      const error = await opened
        .pool()
        .request(at, 'refuse')
        .catch((e: unknown) => e)
      expect(error).toBeInstanceOf(RegistrationError)
      expect(error).toMatchObject({ code: 'HEDDLE_REGISTRATION', message: "the name 'alice' is taken" })
      const key = await opened
        .pool()
        .request(at, 'lose')
        .catch((e: unknown) => e)
      expect(key).toBeInstanceOf(CancelledError)
      expect(key).toMatchObject({ code: 'HEDDLE_DATA_LOST', key: 'x' })
      expect(log.texts('error')).toEqual([])
    })

    test('rejects with a stack that leads to its caller', async () => {
      const { address: at } = await opened.serve(address(), {
        handlers: {
          refuse: () => {
            throw new RegistrationError('no')
          },
        },
      })
      async function theCaller() {
        await opened.pool().request(at, 'refuse')
      }
      await expect(theCaller()).rejects.toMatchObject({ stack: expect.stringContaining('theCaller') })
    })

    test('rejects with a RemoteError for a bug in a handler, which the node logs with its stack', async () => {
      const { address: at, log } = await opened.serve(address(), {
        handlers: { bug: () => (undefined as unknown as { x: string }).x },
      })
      const error = (await opened
        .pool()
        .request(at, 'bug')
        .catch((e: unknown) => e)) as Error
      expect(error).toMatchObject({ code: 'HEDDLE_REMOTE', cause: expect.any(TypeError) })
      expect(error.message).toContain(`'bug' failed at ${at}: Cannot read properties of undefined`)
      expect(log.lines[0]).toMatchObject({ level: 'error', fields: { error: expect.any(TypeError) } })
    })

    test('rejects with what a handler threw that is no error, in words', async () => {
      const { address: at } = await opened.serve(address(), {
        handlers: {
          odd: () => {
            throw 'just text'
          },
          worse: () => {
            throw Object.assign(new Error('with a function'), { f: () => 1 })
          },
        },
      })
      const pool = opened.pool()
      await expect(pool.request(at, 'odd')).rejects.toThrow(`'odd' failed at ${at}: just text`)
      await expect(pool.request(at, 'worse')).rejects.toThrow('with a function')
    })

    test('rejects when the answer is no data, and the node goes on', async () => {
      const { address: at } = await opened.serve(address(), {
        handlers: { bad: () => ({ x: () => 1 }), good: () => ({ status: 'OK' }) },
      })
      const pool = opened.pool()
      await expect(pool.request(at, 'bad')).rejects.toMatchObject({ code: 'HEDDLE_REMOTE' })
      expect(await pool.request(at, 'good')).toEqual({ status: 'OK' })
    })

    test('that nobody knows is refused, and the connection stays good', async () => {
      const { address: at, log } = await opened.serve(address(), { handlers: { ping: () => ({ status: 'OK' }) } })
      const pool = opened.pool()
      for (const op of ['nonsense', '__proto__', 'constructor', 'toString']) {
        await expect(pool.request(at, op)).rejects.toMatchObject({ code: 'HEDDLE_PROTOCOL' })
      }
      expect(await pool.request(at, 'ping')).toEqual({ status: 'OK' })
      expect(log.texts('warn')).toHaveLength(4)
    })

    test('that is wrong is refused with the reason, which is also logged', async () => {
      const { address: at, log } = await opened.serve(address(), {
        handlers: { get: () => ({}) },
        checks: { get: ({ keys }) => (Array.isArray(keys) ? undefined : 'keys is not a list') },
      })
      const pool = opened.pool()
      const error = (await pool.request(at, 'get', { keys: 'x' }).catch((e: unknown) => e)) as Error
      expect(error).toMatchObject({ code: 'HEDDLE_PROTOCOL' })
      expect(error.message).toContain('keys is not a list')
      expect(log.texts('warn')).toEqual([expect.stringContaining('keys is not a list')])
      expect(await pool.request(at, 'get', { keys: ['x'] })).toEqual({})
    })

    test('ends when its time is over, says where, and its connection is never used again', async () => {
      const release = new Deferred<void>()
      let calls = 0
      const { address: at } = await opened.serve(address(), {
        handlers: {
          get: async () => {
            const call = ++calls
            if (call === 1) await release.promise
            return { call }
          },
        },
      })
      const pool = opened.pool({ limitPerPeer: 1 })
      const error = (await pool.request(at, 'get', {}, { timeoutMs: 50 }).catch((e: unknown) => e)) as Error
      expect(error).toBeInstanceOf(WaitTimeoutError)
      expect(error.message).toContain(`'get' was not answered by ${at} within 50 ms`)
      release.resolve()
      expect(await pool.request(at, 'get')).toEqual({ call: 2 })
      expect(await pool.request(at, 'get')).toEqual({ call: 3 })
    })

    test('ends with the reason of its signal, and the handler hears that nobody waits', async () => {
      const heard = new Deferred<unknown>()
      const begun = new Deferred<void>()
      const { address: at } = await opened.serve(address(), {
        handlers: {
          hang: (_ask: unknown, { signal }) => {
            begun.resolve()
            return new Promise((resolve) =>
              signal.addEventListener('abort', () => {
                heard.resolve(signal.reason)
                resolve({})
              }),
            )
          },
        },
      })
      const controller = new AbortController()
      const asked = opened.pool().request(at, 'hang', {}, { signal: controller.signal })
      await begun.promise
      controller.abort(new Error('changed my mind'))
      await expect(asked).rejects.toThrow('changed my mind')
      expect(await heard.promise).toBeInstanceOf(CommClosedError)
      await expect(
        opened.pool().request(at, 'hang', {}, { signal: AbortSignal.abort(new Error('before')) }),
      ).rejects.toThrow('before')
    })

    test('given up while it waits for a connection leaves its place to the next', async () => {
      const gate = new Deferred<void>()
      const { address: at } = await opened.serve(address(), {
        handlers: { wait: () => gate.promise.then(() => ({ ok: 1 })) },
      })
      const pool = opened.pool({ limitPerPeer: 1 })
      const first = pool.request(at, 'wait')
      const controller = new AbortController()
      const second = pool.request(at, 'wait', {}, { signal: controller.signal })
      const third = pool.request(at, 'wait')
      controller.abort(new Error('not any more'))
      await expect(second).rejects.toThrow('not any more')
      gate.resolve()
      expect(await Promise.all([first, third])).toEqual([{ ok: 1 }, { ok: 1 }])
    })

    test('under way ends when the pool is closed, and no other is taken', async () => {
      const begun = new Deferred<void>()
      const { address: at } = await opened.serve(address(), {
        handlers: {
          hang: () => {
            begun.resolve()
            return new Promise(() => {})
          },
        },
      })
      const pool = opened.pool()
      const asked = pool.request(at, 'hang')
      asked.catch(() => {})
      await begun.promise
      await pool.close()
      await expect(asked).rejects.toBeInstanceOf(ClosedError)
      await expect(pool.request(at, 'hang')).rejects.toBeInstanceOf(ClosedError)
    })

    test('reaches a node that was started again at the same address, without being told', async () => {
      const first = await opened.serve(address(), { handlers: { who: () => ({ who: 'first' }) } })
      const pool = opened.pool()
      expect(await pool.request(first.address, 'who')).toEqual({ who: 'first' })
      await first.server.close()
      await opened.serve(first.address, { handlers: { who: () => ({ who: 'second' }) } })
      expect(await pool.request(first.address, 'who')).toEqual({ who: 'second' })
    })

    test('under way when the node closes rejects, and the node is closed at once', async () => {
      const begun = new Deferred<void>()
      const { address: at, server } = await opened.serve(address(), {
        handlers: {
          hang: () => {
            begun.resolve()
            return new Promise(() => {})
          },
        },
      })
      const asked = opened.pool().request(at, 'hang')
      asked.catch(() => {})
      await begun.promise
      await server.close()
      await expect(asked).rejects.toBeInstanceOf(CommClosedError)
    })

    test('whose handler ends on the signal is still answered when the node closes', async () => {
      const begun = new Deferred<void>()
      const { address: at, server } = await opened.serve(address(), {
        handlers: {
          wait: (_ask: unknown, { signal }) => {
            begun.resolve()
            return new Promise((resolve) => signal.addEventListener('abort', () => resolve({ status: 'closing' })))
          },
        },
      })
      const asked = opened.pool().request(at, 'wait')
      await begun.promise
      await Promise.all([server.close(), expect(asked).resolves.toEqual({ status: 'closing' })])
    })

    test('says when the bytes of its answer were written, and so does one that was given up', async () => {
      const written: string[] = []
      const gate = new Deferred<void>()
      const both = new Deferred<void>()
      const note = (which: string) => {
        written.push(which)
        if (written.length === 2) both.resolve()
      }
      const { address: at } = await opened.serve(address(), {
        handlers: {
          get: async ({ which }: { which: string }, context) => {
            context.onWritten(() => note(which))
            if (which === 'late') await gate.promise
            return { data: new Encoded(new Uint8Array(1), [new Uint8Array(1_000_000)], 1_000_000) }
          },
        },
      })
      const pool = opened.pool()
      await pool.request(at, 'get', { which: 'soon' })
      await expect(pool.request(at, 'get', { which: 'late' }, { timeoutMs: 50 })).rejects.toThrow()
      gate.resolve()
      await both.promise
      expect(written.sort()).toEqual(['late', 'soon'])
    })
  })

  describe(`${name}: a stream`, () => {
    const opened = new Opened()
    afterEach(() => opened.close())

    /** A node whose streams send back what they get. */
    async function echo() {
      const over = new Deferred<Error | undefined>()
      const served = await opened.serve(address(), {
        streams: {
          join: (ask: { n: number }, accept) => {
            const stream = accept(
              { status: 'OK', n: ask.n + 1 },
              {
                check: (m) => ((m as { bad?: boolean }).bad ? 'bad is not allowed' : undefined),
                onMessages: (messages) => {
                  for (const message of messages) stream.send(message)
                },
                onClose: (reason) => over.resolve(reason),
              },
            )
            stream.send({ op: 'welcome' })
          },
        },
      })
      return { ...served, over: over.promise }
    }

    async function join(at: string) {
      const received: unknown[] = []
      const over = new Deferred<Error | undefined>()
      let waiting: { n: number; done: Deferred<void> } | undefined
      const { stream, reply } = await openStream(
        at,
        'join',
        { n: 1 },
        {
          check: fine,
          onMessages: (messages) => {
            received.push(...messages)
            if (waiting && received.length >= waiting.n) waiting.done.resolve()
          },
          onClose: (reason) => over.resolve(reason),
        },
      )
      const count = (n: number) => {
        waiting = { n, done: new Deferred<void>() }
        if (received.length >= n) waiting.done.resolve()
        return waiting.done.promise
      }
      opened.add({ close: () => stream.abort(new Error('test is over')) })
      return { stream, reply, received, count, over: over.promise }
    }

    test('is answered first, then carries messages both ways in the order in which they were sent', async () => {
      const { address: at } = await echo()
      const { stream, reply, received, count } = await join(at)
      expect(reply).toEqual({ status: 'OK', n: 2 })
      expect(received).toEqual([])
      const sent = Array.from({ length: 1000 }, (_, i) => ({
        op: 'x',
        i,
        ...(i % 100 === 0 && { value: new Encoded(Uint8Array.of(i), [new Uint8Array(20_000).fill(i)], 20_000) }),
      }))
      for (const message of sent) stream.send(message)
      await count(1001)
      expect(received).toEqual([{ op: 'welcome' }, ...sent])
    })

    test('takes a message as it is when it is sent; a change afterwards does not matter', async () => {
      const { address: at } = await echo()
      const { stream, received, count } = await join(at)
      const message = { op: 'x', keys: ['a'] }
      stream.send(message)
      message.keys.push('b')
      await count(2)
      expect(received[1]).toEqual({ op: 'x', keys: ['a'] })
    })

    test('refuses what is no data at the sender, and goes on', async () => {
      const { address: at } = await echo()
      const { stream, received, count } = await join(at)
      stream.send({ op: 'a' })
      expect(() => stream.send({ op: 'b', f: () => 1 })).toThrow(TypeError)
      stream.send({ op: 'c' })
      await count(3)
      expect(received).toEqual([{ op: 'welcome' }, { op: 'a' }, { op: 'c' }])
    })

    test('keeps what is held for a while, for what is sent with it, or until there is much of it', async () => {
      const { address: at } = await echo()
      const { stream, received, count } = await join(at)
      await count(1)
      const hour = 3_600_000
      stream.send({ op: 'a' })
      stream.hold(hour, 1000)
      await new Promise((resolve) => setImmediate(() => setImmediate(resolve)))
      expect(stream.pendingBytes).toBeGreaterThan(0)
      stream.send({ op: 'b' })
      await count(3)
      stream.send({ op: 'c' })
      stream.hold(hour, 1000)
      stream.send({ op: 'd', text: 'x'.repeat(1000) })
      stream.hold(hour, 1000)
      await count(5)
      expect(received.map((one) => (one as { op: string }).op).join('')).toBe('welcomeabcd')
      await stream.close()
    })

    test('sends what is held when its time is over, with nothing behind it', async () => {
      const { address: at } = await echo()
      const { stream, received, count } = await join(at)
      stream.send({ op: 'a' })
      stream.hold(1, 1000)
      await count(2)
      expect(received).toEqual([{ op: 'welcome' }, { op: 'a' }])
    })

    test('ends politely after its last message, once on each side', async () => {
      const { address: at, over: far } = await echo()
      const { stream, received, over, count } = await join(at)
      await count(1)
      stream.send({ op: 'last' })
      await stream.close()
      expect(await far).toBeUndefined()
      expect(await over).toBeUndefined()
      expect(stream.closed).toBe(true)
      stream.send({ op: 'too late' })
      await stream.drained()
      expect(received.length).toBeLessThanOrEqual(2)
    })

    test('with a wrong message ends with the reason on both sides, and the node goes on', async () => {
      const { address: at, over: far, log } = await echo()
      const { stream, over } = await join(at)
      stream.send({ op: 'x', bad: true })
      expect(await far).toMatchObject({
        code: 'HEDDLE_PROTOCOL',
        message: expect.stringContaining('bad is not allowed'),
      })
      await over
      expect(log.texts('warn')).toEqual([expect.stringContaining('bad is not allowed')])
      const again = await join(at)
      again.stream.send({ op: 'x' })
      await again.count(2)
    })

    test('that is refused rejects with the error, and the connection is closed', async () => {
      const { address: at } = await opened.serve(address(), {
        streams: {
          join: () => {
            throw new RegistrationError('full')
          },
          silent: () => {},
        },
      })
      const events = { check: fine, onMessages() {}, onClose() {} }
      await expect(openStream(at, 'join', {}, events)).rejects.toBeInstanceOf(RegistrationError)
      await expect(openStream(at, 'silent', {}, events)).rejects.toMatchObject({ code: 'HEDDLE_PROTOCOL' })
    })

    test('tells its end also when the peer was gone before it was accepted', async () => {
      const over = new Deferred<Error | undefined>()
      const asked = new Deferred<void>()
      const gone = new Deferred<void>()
      const { address: at } = await opened.serve(address(), {
        streams: {
          join: async (_ask: unknown, accept) => {
            asked.resolve()
            await gone.promise
            accept({}, { check: fine, onMessages() {}, onClose: (reason) => over.resolve(reason) })
          },
        },
      })
      const controller = new AbortController()
      const events = { check: fine, onMessages() {}, onClose() {} }
      const opening = openStream(at, 'join', {}, events, { signal: controller.signal })
      opening.catch(() => {})
      await asked.promise
      controller.abort(new Error('enough'))
      await expect(opening).rejects.toThrow('enough')
      await new Promise((resolve) => setTimeout(resolve, 20))
      gone.resolve()
      await over.promise
    })

    test('can be paused: nothing arrives, and the sender learns of it by what is pending', async () => {
      const { address: at } = await echo()
      const { stream, received, count } = await join(at)
      await count(1)
      stream.pause()
      const value = new Encoded(new Uint8Array(1), [new Uint8Array(1_000_000)], 1_000_000)
      for (let i = 0; i < 10; i++) stream.send({ op: 'x', i, value })
      await stream.drained()
      expect(received).toHaveLength(1)
      stream.resume()
      await count(11)
    })

    test('deals with one large batch in a turn, however many have come', async () => {
      let turn = 0
      const turns: number[] = []
      const all = new Deferred<void>()
      const { address: at } = await opened.serve(address(), {
        streams: {
          join: (_ask: unknown, accept) => {
            const onMessages = (messages: unknown[]) => {
              turns.push(turn)
              setImmediate(() => turn++)
              if (turns.length === 5 && messages.length > 0) all.resolve()
            }
            accept({}, { check: fine, onMessages, onClose: () => {} })
          },
        },
      })
      const { stream } = await join(at)
      for (let i = 0; i < 5; i++) stream.send({ op: 'x', text: 'x'.repeat(2 ** 20) })
      await all.promise
      expect(new Set(turns).size).toBe(5)
    })

    test('ends when the node closes', async () => {
      const { address: at, server } = await echo()
      const { over } = await join(at)
      await server.close()
      await over
    })

    test('of which the owner throws is ended, and nothing else', async () => {
      const over = new Deferred<Error | undefined>()
      const { address: at } = await opened.serve(address(), {
        handlers: { ping: () => ({ status: 'OK' }) },
        streams: {
          join: (_ask: unknown, accept) => {
            accept(
              {},
              {
                check: fine,
                onMessages: () => {
                  throw new Error('bug')
                },
                onClose: (reason) => over.resolve(reason),
              },
            )
          },
        },
      })
      const { stream, over: near } = await join(at)
      stream.send({ op: 'x' })
      expect(await over.promise).toMatchObject({ message: 'bug' })
      await near
      expect(await opened.pool().request(at, 'ping')).toEqual({ status: 'OK' })
    })
  })
}
