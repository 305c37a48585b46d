export const halve = (x: number): number => x / 2
