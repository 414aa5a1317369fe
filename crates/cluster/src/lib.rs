//! Plan, apply, wait for and delete sets of Kubernetes objects.
