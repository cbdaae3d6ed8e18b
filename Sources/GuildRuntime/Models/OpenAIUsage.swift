import GuildDomain

/// The usage of a chat completion. Servers report it once at the end or with each chunk so far; of each figure the
/// largest counts, and only the keys that are settled are kept.
struct OpenAIUsage: Sendable {
    private var prompt: Int64?
    private var completion: Int64?
    private var total: Int64 = 0
    private var cached: Int64 = 0
    private var cacheWritten: Int64 = 0
    private var reasoning: Int64 = 0

    mutating func merge(_ usage: JSONValue) {
        func count(_ value: JSONValue?) -> Int64? { value?.integer.flatMap { $0 < 0 ? nil : $0 } }
        let details = usage["prompt_tokens_details"]
        prompt = count(usage["prompt_tokens"]).map { max($0, prompt ?? 0) } ?? prompt
        completion = count(usage["completion_tokens"]).map { max($0, completion ?? 0) } ?? completion
        total = max(total, count(usage["total_tokens"]) ?? 0)
        // The second name is DeepSeek's.
        cached = max(cached, count(details?["cached_tokens"]) ?? count(usage["prompt_cache_hit_tokens"]) ?? 0)
        cacheWritten = max(cacheWritten, count(details?["cache_write_tokens"]) ?? 0)
        reasoning = max(reasoning, count(usage["completion_tokens_details"]?["reasoning_tokens"]) ?? 0)
    }

    /// Five disjoint classes; nil unless prompt and completion were counted.
    var tokens: TokenUsage? { completion == nil ? nil : counted }

    /// The classes as far as they were counted; nil unless the prompt was.
    var counted: TokenUsage? {
        guard let prompt else { return nil }
        let cacheRead = min(cached, prompt)
        let cacheWrite = min(cacheWritten, prompt - cacheRead)
        let (output, reasoning) = split(completion: completion ?? 0, prompt: prompt)
        return TokenUsage(
            input: prompt - cacheRead - cacheWrite, cacheRead: cacheRead, cacheWrite: cacheWrite, output: output,
            reasoning: reasoning)
    }

    /// OpenAI counts reasoning inside the completion. Some servers (Gemini's, xAI's) count it separately: their total
    /// is larger than prompt and completion, and the difference is reasoning.
    private func split(completion: Int64, prompt: Int64) -> (output: Int64, reasoning: Int64) {
        let counted = prompt.addingSaturated(completion)
        if total > counted { return (completion, total - counted) }
        let reasoning = min(reasoning, completion)
        return (completion - reasoning, reasoning)
    }
}
