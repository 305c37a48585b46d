/** What compiles and what does not. Checked by `tsc`; nothing here runs. */
import { expectTypeOf } from 'expect-type'
import {
  type CenterApi,
  type ComputeMetadata,
  type Explanation,
  ref,
  rpc,
  type SchedulerApi,
  type WorkerApi,
} from 'heddle'

export async function workers() {
  const alice = rpc<WorkerApi>({ ip: '127.0.0.1', port: 8788 })
  expectTypeOf(await alice.getData({ keys: ['x'] })).toEqualTypeOf<Record<string, unknown>>()
  expectTypeOf((await alice.updateData({ data: { x: 1 } })).nbytes.x).toEqualTypeOf<number | undefined>()
  const add = (x: number, y: number) => x + y
  const [response, metadata] = await alice.compute({ function: add, keys: ['x', 'y'] })
  expectTypeOf(response).toEqualTypeOf<'OK'>()
  expectTypeOf(metadata).toEqualTypeOf<ComputeMetadata>()
  const { status, key } = await alice.compute({ function: add, args: [ref('x'), 2], key: 'z' })
  expectTypeOf(status).toEqualTypeOf<'OK'>()
  expectTypeOf(key).toEqualTypeOf<string>()
  await alice.getData({ keys: ['x'] }, { timeout: '1s' })
  // @ts-expect-error keys or arguments, not both
  await alice.compute({ function: add, keys: ['x'], args: [1] })
  // @ts-expect-error what a center answers, a worker does not
  await alice.whoHas()
  // @ts-expect-error nor what nobody does
  await alice.getDatum({ keys: ['x'] })
  // @ts-expect-error keys are missing
  await alice.getData({})
}

export async function centers() {
  const center = rpc<CenterApi>('127.0.0.1:8787')
  expectTypeOf(await center.whoHas()).toEqualTypeOf<Record<string, string[]>>()
  expectTypeOf(await center.ncores({ keys: ['alice'] })).toEqualTypeOf<Record<string, number>>()
  expectTypeOf(center.port).toEqualTypeOf<number>()
  // @ts-expect-error what a scheduler answers, a center does not
  await center.explain({ key: 'x' })
  const scheduler = rpc<SchedulerApi>('tcp://127.0.0.1:8786')
  expectTypeOf(await scheduler.explain({ key: 'x' })).toEqualTypeOf<Explanation>()
  expectTypeOf(await scheduler.whoHas({ keys: ['x'] })).toEqualTypeOf<Record<string, string[]>>()
}
