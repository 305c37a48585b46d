import { expect, test } from 'vitest'
import { ARGS, BOB, CAROL, TableTop } from './table-top.js'

function replies(t: TableTop): unknown[] {
  return t.all('reply').map((i) => [i.request, i.outcome.status])
}

function refresh(t: TableTop, who_has: Record<string, string[]>): void {
  t.message({ op: 'refresh-who-has', who_has: new Map(Object.entries(who_has)), stimulus_id: 's' })
}

test('S16: compute with local data asks nobody', () => {
  const t = new TableTop()
  t.put('x')
  t.put('y')
  t.direct(1, 'z', ['x', 'y'])
  expect(t.asked).toEqual([])
  expect(t.all('ask-who-has')).toEqual([])
  t.executed('z', { status: 'ok', nbytes: 1024 })
  expect(t.all('reply')).toEqual([
    {
      do: 'reply',
      request: 1,
      outcome: { status: 'OK', nbytes: 1024, typename: 'number', thread: 0, start: 1, stop: 2 },
    },
  ])
})

test('S17, S26–S32: a missing input is asked for once, fetched once, and both are reported', () => {
  const t = new TableTop()
  t.put('x')
  t.direct(1, 'z', ['x', 'a'])
  expect(t.all('ask-who-has')).toEqual([{ do: 'ask-who-has', keys: ['a'] }])
  expect(t.said('request-refresh-who-has')).toEqual([])
  refresh(t, { a: [BOB] })
  expect(t.asked).toEqual([`${BOB}: a`])
  t.delivers(BOB, 'a')
  t.executed('z')
  expect(replies(t)).toEqual([[1, 'OK']])
  expect(t.said('add-keys').map((m) => [m.keys, m.replaces])).toEqual([
    [['a'], undefined],
    [['z'], true],
  ])
})

test('eight computes that want the same input ask once and fetch once', () => {
  const t = new TableTop({ nthreads: 8 })
  for (let i = 0; i < 8; i++) t.direct(i, `z${i}`, ['a'])
  expect(t.all('ask-who-has').length).toBe(1)
  refresh(t, { a: [BOB] })
  t.delivers(BOB, 'a')
  expect(t.asked).toEqual([`${BOB}: a`])
  expect(t.started.length).toBe(8)
})

test('all unknown inputs are asked for in one question', () => {
  const t = new TableTop()
  t.direct(1, 'z', ['a', 'b', 'c'], { b: [CAROL] })
  expect(t.all('ask-who-has')).toEqual([{ do: 'ask-who-has', keys: ['a', 'c'] }])
  expect(t.asked).toEqual([`${CAROL}: b`])
})

test('inputs that nobody has are named in the reply', () => {
  const t = new TableTop()
  t.direct(1, 'z', ['a', 'b'])
  refresh(t, { a: [], b: [] })
  expect(t.all('reply')).toEqual([{ do: 'reply', request: 1, outcome: { status: 'missing', keys: ['a', 'b'] } }])
  expect([...t.core.keys()]).toEqual([])
})

test('a dead holder is tolerated: the next is tried', () => {
  const t = new TableTop({ random: () => 0.99 })
  t.direct(1, 'z', ['a'], { a: [BOB, CAROL] })
  t.answers(BOB, { status: 'failed', reason: 'refused' })
  t.delivers(CAROL, 'a')
  t.executed('z')
  expect(replies(t)).toEqual([[1, 'OK']])
})

test('when the named holders fail, the center is asked, and in the end the key is missing', () => {
  const t = new TableTop()
  t.direct(1, 'z', ['a'], { a: [BOB] })
  for (let i = 0; i < 5 && replies(t).length === 0; i++) {
    if (t.core.state('a') === 'flight') t.answers(BOB, { status: 'failed', reason: 'refused' })
    t.advance(1000)
    refresh(t, { a: [BOB] })
  }
  expect(replies(t)).toEqual([[1, 'missing']])
})

test('two calls for one key share one compute', () => {
  const t = new TableTop()
  t.direct(1, 'z')
  t.direct(2, 'z')
  expect(t.started).toEqual(['z'])
  t.executed('z')
  expect(replies(t)).toEqual([
    [1, 'OK'],
    [2, 'OK'],
  ])
})

test('a direct call for a key that the scheduler has computed here waits for that', () => {
  const t = new TableTop()
  const run = t.compute('z')
  t.direct(1, 'z')
  t.executed('z')
  expect(t.started).toEqual(['z'])
  expect(replies(t)).toEqual([[1, 'OK']])
  expect(t.said('task-finished').map((m) => m.run_id)).toEqual([run])
})

test('a key in memory is computed anew by a direct call; the old value serves until then', () => {
  const t = new TableTop()
  t.put('z')
  t.direct(1, 'z')
  expect(t.core.has('z')).toBe(true)
  t.executed('z')
  expect(t.core.state('z')).toBe('memory')
  expect(t.said('add-keys')).toMatchObject([{ keys: ['z'], replaces: true }])
})

test('a direct call that fails leaves the old value', () => {
  const t = new TableTop()
  t.put('z')
  t.direct(1, 'z')
  t.fails('z')
  expect(t.all('reply')).toEqual([{ do: 'reply', request: 1, outcome: { status: 'error', error: ARGS } }])
  expect(t.core.state('z')).toBe('memory')
})

test('a direct call that fails leaves nothing', () => {
  const t = new TableTop()
  t.direct(1, 'z')
  t.fails('z')
  expect(replies(t)).toEqual([[1, 'error']])
  expect([...t.core.keys()]).toEqual([])
  expect(t.all('send')).toEqual([])
})

test('a direct call whose input fails here fails with the same error', () => {
  const t = new TableTop()
  t.direct(1, 'a')
  t.direct(2, 'z', ['a'])
  t.fails('a')
  expect(replies(t)).toEqual([
    [1, 'error'],
    [2, 'error'],
  ])
})

test('a direct call comes before graph tasks without a priority of their own', () => {
  const t = new TableTop()
  t.compute('busy')
  t.compute('graph', {}, { priority: [0, 0, 0] })
  t.compute('urgent', {}, { priority: [-1, 5, 0] })
  t.direct(1, 'z')
  for (const key of ['busy', 'urgent', 'z']) t.executed(key)
  expect(t.started).toEqual(['busy', 'urgent', 'z', 'graph'])
})

test('freeing the scheduled half of a shared compute leaves it to the caller', () => {
  const t = new TableTop()
  const run = t.compute('z')
  t.direct(1, 'z')
  t.free('z')
  expect(t.said('task-ended')).toEqual([{ op: 'task-ended', key: 'z', run_id: run }])
  t.executed('z')
  expect(replies(t)).toEqual([[1, 'OK']])
  expect(t.said('add-keys')).toMatchObject([{ keys: ['z'], replaces: true }])
})

test('a direct call that reads its own missing key is told so', () => {
  const t = new TableTop()
  t.direct(1, 'z', ['z'])
  expect(t.all('reply')).toEqual([{ do: 'reply', request: 1, outcome: { status: 'missing', keys: ['z'] } }])
})

test('gather fetches what is not here, keeps it, and names what nobody has', () => {
  const t = new TableTop()
  t.put('here')
  const whoHas = new Map([
    ['here', [BOB]],
    ['there', [BOB]],
    ['nowhere', []],
  ])
  t.push({ type: 'gather-direct', request: 5, whoHas })
  t.delivers(BOB, 'there')
  expect(t.all('reply')).toEqual([])
  refresh(t, { nowhere: [] })
  expect(t.all('reply')).toEqual([{ do: 'reply', request: 5, outcome: { status: 'gathered', missing: ['nowhere'] } }])
  expect(t.core.has('there')).toBe(true)
  expect(t.core.state('nowhere')).toBeUndefined()
})

test('gather of what is here answers at once', () => {
  const t = new TableTop()
  t.put('here')
  t.push({ type: 'gather-direct', request: 5, whoHas: new Map([['here', []]]) })
  expect(t.all('reply')).toEqual([{ do: 'reply', request: 5, outcome: { status: 'gathered', missing: [] } }])
})
