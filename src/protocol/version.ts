/** What two nodes must have in common to understand each other. Raised when a message changes its meaning. */
export const PROTOCOL = 1

/** Of this package; shown to people, compared by nobody. */
export const VERSION = '0.1.0'
