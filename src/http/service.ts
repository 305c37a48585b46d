/** What a node shows to the services that run beside it. A function that is absent has no page. */
export interface ServiceNode {
  /** Who the node is: address, name, threads, … */
  info(): Record<string, unknown>
  /** What runs or waits on it now, by key. */
  processing?(): unknown
  /** What tasks may ask for, and how much of it is taken. */
  resources?(): unknown
  /** Counters and sizes. */
  metrics?(): unknown
  /** Tasks by state, of a scheduler. */
  tasks?(): unknown
  /** The workers that a scheduler or center knows. */
  workers?(): unknown
}

/** An auxiliary server that runs beside a node and ends with it. */
export interface Service {
  /** The port that was really taken. */
  readonly port: number
  close(): Promise<void>
}

export interface ServiceOptions {
  /** 0: any free one. */
  port: number
  host: string
}

/** Starts one service; resolves when it accepts connections, rejects when it cannot. */
export type ServiceFactory = (node: ServiceNode, options: ServiceOptions) => Promise<Service>
