import GuildDomain

/// The usage object of a chat completion in five disjoint classes.
enum OpenAIUsage {
    /// - Returns: nil unless prompt and completion are counted.
    static func normalised(_ usage: JSONValue) -> TokenUsage? {
        guard let prompt = count(usage["prompt_tokens"]), let completion = count(usage["completion_tokens"]) else {
            return nil
        }
        let promptDetails = usage["prompt_tokens_details"]
        // The second name is DeepSeek's.
        let cached = count(promptDetails?["cached_tokens"]) ?? count(usage["prompt_cache_hit_tokens"]) ?? 0
        let cacheRead = min(cached, prompt)
        let cacheWrite = min(count(promptDetails?["cache_write_tokens"]) ?? 0, prompt - cacheRead)
        let (output, reasoning) = split(completion: completion, prompt: prompt, usage: usage)
        return TokenUsage(
            input: prompt - cacheRead - cacheWrite, cacheRead: cacheRead, cacheWrite: cacheWrite, output: output,
            reasoning: reasoning)
    }

    /// OpenAI counts reasoning inside the completion. Some servers (Gemini's, xAI's) count it beside: their total is
    /// larger than prompt and completion, and what it has more is reasoning.
    private static func split(completion: Int64, prompt: Int64, usage: JSONValue) -> (output: Int64, reasoning: Int64) {
        let counted = prompt.addingSaturated(completion)
        if let total = count(usage["total_tokens"]), total > counted { return (completion, total - counted) }
        let reasoning = min(count(usage["completion_tokens_details"]?["reasoning_tokens"]) ?? 0, completion)
        return (completion - reasoning, reasoning)
    }

    private static func count(_ value: JSONValue?) -> Int64? { value?.integer.flatMap { $0 < 0 ? nil : $0 } }
}
