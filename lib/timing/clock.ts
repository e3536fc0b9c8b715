/** Reads elapsed time from a fixed origin. The domain knows time through this alone. @units seconds */
export type Clock = () => number
