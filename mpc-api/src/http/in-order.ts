import { type NextFunction, type Request, type RequestHandler, type Response } from 'express'

/**
 * Joins stages that see every request into one, in this order. It does for them what Express's router does, but for the
 * question whether the path is theirs. Hot path: the router asks that, and more, before each of its layers.
 */
export function inOrder(...stages: readonly RequestHandler[]): RequestHandler {
  return function runStages(req: Request, res: Response, done: NextFunction) {
    let passed = 0
    const next: NextFunction = (problem?: unknown): void => {
      // To Express no problem is anything but a value.
      const stage = problem === undefined || problem === null ? stages[passed] : undefined
      passed += 1
      if (stage === undefined) {
        done(problem)
        return
      }
      try {
        const result: unknown = stage(req, res, next)
        if (result instanceof Promise) result.catch(done)
      } catch (problem) {
        done(problem)
      }
    }
    next()
  }
}
