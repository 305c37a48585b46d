import { InlineExecutor } from '../../../../src/worker/executor/inline-executor.js'
import { executorContract } from './executor-contract.js'

executorContract('in this thread', (options) => new InlineExecutor({ nthreads: 2, workerName: 'alice', ...options }))
