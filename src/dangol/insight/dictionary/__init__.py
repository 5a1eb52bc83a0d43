"""The dictionary of metrics 지표 사전: what each means, what it comes to, what moved it – as pages and for programs."""
