package import GuildDomain

/// GitHub's webhooks: HMAC-SHA256 of the body alone, so that neither the headers nor the time are proved.
package struct GitHubWebhooks: WebhookSource {
    package let mediaTypes = ["application/json", "application/x-www-form-urlencoded"]
    package let proof = "signed with X-Hub-Signature-256"
    /// GitHub caps its payloads at 25 MB (https://docs.github.com/webhooks/webhook-events-and-payloads).
    package let largestBodyBytes = 25 << 20
    package let bodyLimitBytes: Int? = 25 << 20
    package let eventTypes = GitHubEventType.all.map(\.profile)
    package let senders: SenderProfile? = SenderProfile(openEvents: GitHubSender.openEvents, hasNumericIDs: true)

    package init() {}

    package func mayBeAuthentic(head delivery: WebhookDelivery) -> Bool {
        GitHubSignature.isWellFormed(delivery.headers[GitHubSignature.header])
    }

    package func authenticate(_ delivery: WebhookDelivery, by secrets: [Secret]) -> WebhookVerdict {
        let signature = delivery.headers[GitHubSignature.header]
        return GitHubSignature.isValid(signature, body: delivery.body, secrets: secrets) ? .authentic : .forged
    }

    package func content(
        of delivery: WebhookDelivery, identity: SystemIdentity?
    ) throws(WebhookRefusal) -> WebhookContent {
        try GitHubNormaliser.normalise(delivery, identity: identity.map { GitHubIdentity($0) })
    }

    package func recognised(_ event: Event, identity: SystemIdentity?) -> WebhookEvent {
        GitHubNormaliser.recognised(event, identity: identity.map { GitHubIdentity($0) })
    }
}
