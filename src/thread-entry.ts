/** The file that an executor thread of a worker runs. It stands above worker and client, so that tasks can use both. */
import { taskClients } from './client/task-clients.js'
import { runExecutorThread } from './worker/executor/thread/executor-thread.js'

runExecutorThread(taskClients(async () => (await import('./client/client.js')).Client.over))
