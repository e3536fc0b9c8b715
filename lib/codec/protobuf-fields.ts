/** Describes a field of a protobuf message for a schema in JSON. */
export const field = (id: number, type: string) => ({ id, type })

/** Describes a repeated field of a protobuf message for a schema in JSON. */
export const repeatedField = (id: number, type: string) => ({ id, type, rule: 'repeated' })
