/** The policy that MCP Apps (2026-01-26, "CSP Construction from Metadata") derives from `resourceDomains`. */
export function policyOf(resourceDomains: string[]): string {
  const domains = resourceDomains.join(' ');
  return [
    `default-src 'none'`,
    `script-src 'self' 'unsafe-inline' ${domains}`,
    `style-src 'self' 'unsafe-inline' ${domains}`,
    `connect-src 'self'`,
    `img-src 'self' data: ${domains}`,
    `font-src 'self' ${domains}`,
    `media-src 'self' data: ${domains}`,
    `frame-src 'none'`,
    `object-src 'none'`,
    `base-uri 'self'`,
  ].join('; ');
}
