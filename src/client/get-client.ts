import { TASK_HOST } from '../util/task-host.js'
import type { Client } from './client.js'
import { noTask } from './task-clients.js'

/** What is lent there that this needs. */
interface TaskHost {
  readonly client?: () => Promise<unknown>
}

/**
 * The client of the task in which this is called: what it submits may run anywhere, and while the task awaits it the
 * task's thread runs others, so that tasks may launch tasks that launch tasks. Its futures are let go when the task ends;
 * futures that the task returns are replaced by their values.
 *
 * @example
 * async function total(files: string[]): Promise<number> {
 *   const { getClient } = await import('heddle')
 *   const client = await getClient()
 *   const sizes = await client.gather(client.map(sizeOf, files))
 *   return sizes.reduce((a, b) => a + b)
 * }
 *
 * @throws HeddleError HEDDLE_NO_TASK outside of a task; ConnectError when the scheduler cannot be reached.
 */
export async function getClient(): Promise<Client> {
  const host = (globalThis as { [TASK_HOST]?: TaskHost })[TASK_HOST]
  if (host?.client === undefined) throw noTask()
  return (await host.client()) as Client
}
