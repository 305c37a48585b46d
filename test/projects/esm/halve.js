export const halve = (x) => x / 2
