import { configSchema, variableRegistry, type VariableMeta } from './config-schema.ts'

/** One variable as the documentation and `.env.example` show it. */
export interface ConfigVariable extends VariableMeta {
  name: string
  /** The value in force when the variable is unset, as text; undefined when there is none. */
  default: string | undefined
}

/**
 * Every variable of the schema, in its order.
 *
 * @throws {Error} when a variable has no description
 */
export function describeConfig(): ConfigVariable[] {
  return Object.entries(configSchema.shape).map(([name, schema]) => {
    const meta = variableRegistry.get(schema)
    if (meta === undefined) throw new Error(`${name} is in the schema but has no description`)
    return { name, ...meta, default: readDefault(schema) }
  })
}

function readDefault(schema: {
  safeParse(value: unknown): { data?: string | number | string[] | undefined }
}): string | undefined {
  const value = schema.safeParse(undefined).data
  return value === undefined ? undefined : String(value)
}
