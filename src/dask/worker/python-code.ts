/** The code of functions `python#…`: callables of Python's that are known here; see `native.ts`. */
export const PYTHON = 'python'
