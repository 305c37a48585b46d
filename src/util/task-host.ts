/** Where user code finds what the place lends to it in which its task runs: it may have loaded another copy of the package. */
export const TASK_HOST: unique symbol = Symbol.for('heddle.task-host') as never
