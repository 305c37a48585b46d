export const noop = () => {}
export const inc = (x) => x + 1
export const add = ([x, y]) => x + y
