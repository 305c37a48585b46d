/** The name of a task and of its result. In the cores always a string. */
export type Key = string
/** `tcp://host:port`, `inproc://name`; the identity of a node. */
export type Address = string
/** One connection's client. */
export type ClientId = string
/** `hash#export`, or `hash.environment#export`: which function of which artefact, and where it wants to run. */
export type FunctionRef = `${string}#${string}`
