/** A whole DeliveryAttempt, as SQL reads it from delivery_attempt. */
export const ATTEMPT_COLUMNS = `
  id, delivery_id as "deliveryId", destination_id as "destinationId",
  organization_id as "organizationId", event_type as "eventType", number, url, status,
  attempted_at as "attemptedAt", duration_ms as "durationMs", response_code as "responseCode",
  response_body as "responseBody", failure_code as "failureCode", failure_message as "failureMessage"`
