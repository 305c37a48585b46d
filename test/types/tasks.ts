export const NAME = 'tasks'
export const load = async (file: string): Promise<Float64Array> => new Float64Array(file.length)
export const mean = (xs: Float64Array): number => xs.reduce((a, b) => a + b, 0) / xs.length
