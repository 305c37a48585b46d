/** The file that a worker's child process runs, for tasks that want to be apart from others. */
import { taskClients } from './client/task-clients.js'
import { runExecutorProcess } from './worker/executor/process/executor-process.js'

runExecutorProcess(taskClients(async () => (await import('./client/client.js')).Client.over))
