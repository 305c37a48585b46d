/** The file that a worker's child process runs, for tasks that want to be apart from others. */
import { runExecutorProcess } from './worker/executor/process/executor-process.js'

runExecutorProcess()
