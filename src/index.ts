/** Heddle's public face. */
export { type AsCompleted, asCompleted } from './client/as-completed.js'
export type { CancelOptions } from './client/cancel.js'
export { Client } from './client/client.js'
export type { ClientOptions, ClusterLike } from './client/connect.js'
export { Future } from './client/future.js'
export type { GatherOptions } from './client/gather.js'
export type { CheckedGraph, Graph, GraphCall } from './client/get.js'
export { getClient } from './client/get-client.js'
export type { ImapOptions, Source } from './client/imap.js'
export type { FutureStatus } from './client/key-state.js'
export type { ModuleOptions, Remote, RemoteModule, Watching } from './client/module.js'
export type { WithOptions } from './client/options.js'
export { type Ref, ref } from './client/ref.js'
export type { RestartOptions } from './client/restart.js'
export { type RpcOptions, rpc } from './client/rpc.js'
export type { ScatterOptions } from './client/scatter.js'
export type { SchedulerApi } from './client/scheduler-api.js'
export type { Gathered } from './client/shape.js'
export type { Submitter } from './client/submitter.js'
export type { Arg, Args, MapArg, MapArgs, Result } from './client/task-types.js'
export { type Waited, type WaitForOptions, wait } from './client/wait.js'
export type { WaitOptions } from './client/waiting.js'
export type { ComputeAsk, Computed, ComputeMetadata, WorkerApi } from './client/worker-api.js'
export type { LocalClusterOptions } from './cluster/cluster-plan.js'
export { LocalCluster } from './cluster/local-cluster.js'
export { type BundleOptions, pure, task } from './code/module.js'
export type { TlsOptions } from './comm/tls-credentials.js'
export { type Keywords, keywords, py } from './dask/py.js'
export {
  CancelledError,
  CaptureError,
  CloneError,
  ClosedError,
  CommClosedError,
  ConnectError,
  DecodeError,
  GraphError,
  HeddleError,
  type HeddleErrorCode,
  InvariantError,
  KeyConflictError,
  KilledWorkerError,
  LoadError,
  OptionError,
  ProtocolError,
  PythonError,
  RegistrationError,
  RemoteError,
  Reschedule,
  SchedulerLostError,
  TaskError,
  TaskTimeoutError,
  VersionError,
  WaitTimeoutError,
} from './errors.js'
export { HttpScheduler } from './http/http-scheduler.js'
export { HttpWorker } from './http/http-worker.js'
export type { Service, ServiceFactory, ServiceNode, ServiceOptions } from './http/service.js'
export { createLogger, type Logger, type LogOptions } from './log/log.js'
export type { TaskLog, WorkerMetrics } from './protocol/messages.js'
export type { Address, Key } from './protocol/names.js'
export type { Explanation, Identity, StoryEntry, WorkerSummary } from './protocol/requests.js'
export type { CenterApi } from './rpc/center-api.js'
export type { CallOptions, Rpc } from './rpc/proxy.js'
export { Center } from './scheduler/center.js'
export type { CauseOfDeath, CenterOptions, SchedulerOptions } from './scheduler/options.js'
export { Scheduler } from './scheduler/scheduler.js'
export type { AddressLike } from './util/address.js'
export type { Duration } from './util/duration.js'
export { type CodecOptions, registerCodec } from './values/codecs.js'
export type { DType, ItemOf, TypedArray } from './values/dtypes.js'
export { missingKeys } from './values/lazy-record.js'
export { type Layout, NDArray, type Range } from './values/ndarray.js'
export type { ExecutorEvents, ExecutorStats, Job, Outcome, TaskExecutor } from './worker/executor/executor.js'
export { InlineExecutor } from './worker/executor/inline-executor.js'
export { empty, type TaskContext, taskContext } from './worker/task-context.js'
export { Worker, type WorkerOptions } from './worker/worker.js'
