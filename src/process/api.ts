import type { Context, ServicePorts } from '../graphql/context.ts'
import { createMaskError, type MaskError } from '../graphql/mask-error.ts'
import { createSchema } from '../graphql/schema.ts'
import type { Monitoring } from '../server/monitoring.ts'
import type { SignIn } from '../server/pages/sign-in.ts'
import { type RunningServer, startServer } from '../server/start-server.ts'
import type { Metrics } from '../telemetry/metrics.ts'
import type { Parts } from './parts.ts'

/** Starts the API: GraphQL over HTTP and WebSockets, its pages, health and metrics. */
export function startApi(
  { authenticate, findInvalid, options, telemetry }: Parts,
  {
    ports,
    ...address
  }: { host: string; port: number; signIn?: SignIn; ports: ServicePorts; monitoring: Monitoring },
): Promise<RunningServer> {
  const { allowedOrigins = [], basePath = '', mutationLimits, trustedDocuments } = options
  return startServer({
    ...address,
    ...telemetry,
    schema: createSchema(),
    createContext: (request): Context => ({ ...request, ports }),
    authenticate,
    findInvalid,
    maskError: countErrors(createMaskError({ ...ports, ...telemetry }), telemetry.metrics),
    allowedOrigins,
    trustedDocuments,
    basePath,
    ...(mutationLimits && { mutationLimits }),
  })
}

/** Counts errors by code. An error without a code is GraphQL's own, about a document or its variables. */
const countErrors =
  (maskError: MaskError, metrics: Metrics): MaskError =>
  (error, requestId) => {
    const masked = maskError(error, requestId)
    const { code } = masked.extensions
    metrics.refused(typeof code === 'string' ? code : 'BAD_USER_INPUT')
    return masked
  }
