/** A task that gives what it is given: for values that are to be on a worker. */
export const same = (value: unknown) => value
