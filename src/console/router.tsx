import {
  createRootRoute,
  createRoute,
  createRouter,
  lazyRouteComponent,
} from '@tanstack/react-router'
import { readAuditLogSearch } from './audit-log/audit-log-search.ts'
import { readDeliveriesSearch } from './deliveries/deliveries-search.ts'
import { NotFoundPage, PageFailure } from './shell/fallback-pages.tsx'
import { Shell } from './shell/shell.tsx'
import { WebhooksPage } from './webhooks/webhooks-page.tsx'
import { readWebhooksSearch } from './webhooks/webhooks-search.ts'

const root = createRootRoute({ component: Shell, notFoundComponent: NotFoundPage })

const webhooks = createRoute({
  getParentRoute: () => root,
  path: '/',
  validateSearch: readWebhooksSearch,
  component: WebhooksPage,
})

const destination = createRoute({
  getParentRoute: () => root,
  path: '/destinations/$id',
  component: lazyRouteComponent(
    () => import('./destination/destination-page.tsx'),
    'DestinationPage',
  ),
})

const deliveries = createRoute({
  getParentRoute: () => root,
  path: '/destinations/$id/deliveries',
  validateSearch: readDeliveriesSearch,
  component: lazyRouteComponent(() => import('./deliveries/deliveries-page.tsx'), 'DeliveriesPage'),
})

const events = createRoute({
  getParentRoute: () => root,
  path: '/events',
  component: lazyRouteComponent(() => import('./events/events-page.tsx'), 'EventsPage'),
})

const event = createRoute({
  getParentRoute: () => root,
  path: '/events/$type',
  component: lazyRouteComponent(() => import('./events/event-page.tsx'), 'EventPage'),
})

const api = createRoute({
  getParentRoute: () => root,
  path: '/api',
  component: lazyRouteComponent(() => import('./api/api-page.tsx'), 'ApiPage'),
})

const auditLog = createRoute({
  getParentRoute: () => root,
  path: '/audit-log',
  validateSearch: readAuditLogSearch,
  component: lazyRouteComponent(() => import('./audit-log/audit-log-page.tsx'), 'AuditLogPage'),
})

const routeTree = root.addChildren([
  webhooks,
  destination,
  deliveries,
  events,
  event,
  api,
  auditLog,
])

interface PagesOptions {
  /** The path of the console in the host page, as in "/settings/webhooks". */
  basePath: string
  restoreScroll: boolean
}

/** Creates the router. Each page but the list of webhooks is loaded from a file of its own. */
export const createPages = ({ basePath, restoreScroll }: PagesOptions) =>
  createRouter({
    routeTree,
    basepath: basePath,
    defaultErrorComponent: PageFailure,
    scrollRestoration: restoreScroll,
    // Loads the files of a page when the pointer is over its link.
    defaultPreload: 'intent',
  })

export type Pages = ReturnType<typeof createPages>

declare module '@tanstack/react-router' {
  interface Register {
    router: Pages
  }
}
